import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct AuditList: QueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List audit entries, newest last.")

  @OptionGroup var options: RecordListOptions

  var connection: ConnectionOptions { options.scope.connection }

  func query() -> AuditQuery {
    AuditQuery(environment: options.scope.name, resource: options.resource, limit: options.limit)
  }

  func write(_ page: AuditPage) {
    let entries = page.entries.reversed()
    options.output.write(.array(entries.map(\.document))) {
      var table = Table([
        "ENTRY", "AGE", "ACTOR", "COMMIT", "REVISION", "RESOURCE", "ACTION", "OUTCOME", "DETAIL",
      ])
      for entry in entries { table.add(entry.cells(now: page.now)) }
      return Output.text(of: table)
    }
  }
}

extension AuditEntry {
  /// The record with its position in the chain.
  fileprivate var document: Value {
    var members = ["entry": Value.integer(sequence), "hash": .string(hash)]
    if case .object(let fields)? = try? Value(json: text) {
      for field in fields { members[field.key] = field.value }
    } else {
      members["text"] = .string(text)
    }
    return .object(members)
  }

  fileprivate func cells(now: Timestamp) -> [String] {
    guard let record else {
      return [String(sequence), "–", "–", "–", "–", "–", "–", "–", "not an audit entry of RenderTrust"]
    }
    let fields = record.diff.filter { _ in record.resource != nil }.map {
      "\($0.path) \($0.from?.plainText ?? "unset") → \($0.to?.plainText ?? "unset")"
    }
    let details = [record.summary, fields.joined(separator: ", "), record.error ?? ""].filter { !$0.isEmpty }
    return [
      String(sequence), (now - record.at).ago, record.actor ?? "–",
      record.commit.map { String($0.prefix(8)) } ?? "–",
      String(record.revision), record.resource?.description ?? "–", record.action.rawValue, record.outcome,
      details.joined(separator: ": "),
    ]
  }
}
