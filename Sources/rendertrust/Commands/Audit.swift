import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List who changed what, and prove that the list was not tampered with.",
    discussion: """
      Every mutation leaves an entry in the same transaction: who, which commit and revision, which resource, what \
      came of it and which fields changed. Each entry's hash covers the one before it.
      """, subcommands: [AuditList.self, AuditVerify.self], defaultSubcommand: AuditList.self)
}

struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what was changed, newest last.")

  @Argument(help: "Only this resource, as Kind/name.")
  var resource: ResourceID?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 50

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    let page = try await place.ask(
      AuditQuery(environment: environment.environment, resource: resource, limit: limit))
    let entries = page.entries.reversed()
    if output == .json {
      Output.write(Value.array(entries.map(\.value)).prettyJSON)
      return
    }
    var table = Table([
      "ENTRY", "AGE", "ACTOR", "COMMIT", "REVISION", "RESOURCE", "ACTION", "OUTCOME", "WHAT",
    ])
    for entry in entries { table.add(entry.cells(now: page.now)) }
    Output.write(table)
  }
}

struct AuditVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compute the chain anew and name the first entry that does not fit.",
    discussion: """
      Exits with 1 when an entry was changed, taken out, put in or moved. Prints the hash of the last entry: kept \
      elsewhere and given with --head, it also proves that the chain as a whole was not written anew.
      """)

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  @Option(name: .long, help: ArgumentHelp("A hash that verify printed before.", valueName: "hash"))
  var head: String?

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  private static let page = 5000

  func run() async throws {
    guard head.map({ Digest(hex: $0) != nil }) ?? true else {
      throw CommandFailure.usage("--head is 64 hexadecimal digits, as ‘audit verify’ prints them")
    }
    try await place.place().open { desk in
      let (environment, verification, finding) = try await verify(desk)
      if output == .json {
        Output.write(
          Value.members([
            "environment": .string(environment), "entries": .integer(verification.head.count),
            "head": .string(verification.head.hash), "inOrder": .bool(finding == nil),
            "finding": finding.map { finding in
              .members([
                "kind": .string(finding.kind.rawValue), "entry": .integer(finding.sequence),
                "message": .string(finding.message),
              ])
            },
          ]).prettyJSON)
        if finding != nil { throw ExitCode(1) }
        return
      }
      if let finding {
        throw CommandFailure.failed(
          "the audit trail of \(environment) is not as it was written: \(finding.message)")
      }
      let count = verification.head.count
      Output.print(
        "\(count) entr\(count == 1 ? "y" : "ies") of \(environment) in order; head \(verification.head.hash)")
    }
  }

  /// Goes on where entries came meanwhile: a controller may be at work. The chain is computed here, whoever keeps it.
  private func verify(_ desk: any QueryClient) async throws -> (String, AuditVerification, AuditFinding?) {
    var verification = AuditVerification(keptHash: head)
    var name = environment.environment
    while true {
      let page = try await self.page(AuditVerify.page, of: name, after: verification, desk)
      name = page.environment
      if let finding = verification.take(page.entries) { return (page.environment, verification, finding) }
      guard page.entries.isEmpty else { continue }
      let finding = verification.finish(at: page.head)
      guard finding?.kind == .missing,
        try await !self.page(1, of: name, after: verification, desk).entries.isEmpty
      else { return (page.environment, verification, finding) }
    }
  }

  private func page(
    _ limit: Int, of name: String?, after verification: AuditVerification, _ desk: any QueryClient
  ) async throws -> AuditPage {
    try await desk.ask(AuditQuery(environment: name, after: verification.head.count, limit: limit))
  }
}

extension AuditEntry {
  /// For programs: the record with its place in the chain.
  fileprivate var value: Value {
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
      return [String(sequence), "–", "–", "–", "–", "–", "–", "–", "this is no entry of ours"]
    }
    let fields = record.diff.filter { _ in record.resource != nil }.map {
      "\($0.path) \($0.from?.plainText ?? "unset") → \($0.to?.plainText ?? "unset")"
    }
    let told = [record.summary, fields.joined(separator: ", "), record.error ?? ""].filter { !$0.isEmpty }
    return [
      String(sequence), (now - record.at).ago, record.actor ?? "–",
      record.commit.map { String($0.prefix(8)) } ?? "–",
      String(record.revision), record.resource?.description ?? "–", record.action.rawValue, record.outcome,
      told.joined(separator: ": "),
    ]
  }
}
