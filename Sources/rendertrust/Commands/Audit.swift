import ArgumentParser
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
  @OptionGroup var state: StateOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 50

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let entries = try await session.auditTrail.audit(of: environment, id: resource, limit: limit).reversed()
      if output == .json {
        Output.write(Value.array(entries.map(\.value)).prettyJSON)
        return
      }
      var table = Table([
        "ENTRY", "AGE", "ACTOR", "COMMIT", "REVISION", "RESOURCE", "ACTION", "OUTCOME", "WHAT",
      ])
      let now = session.engine.time.now()
      for entry in entries { table.add(entry.cells(now: now)) }
      Output.write(table)
    }
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
  @OptionGroup var state: StateOptions

  @Option(name: .long, help: ArgumentHelp("A hash that verify printed before.", valueName: "hash"))
  var head: String?

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  private static let page = 5000

  func run() async throws {
    guard head.map({ Digest(hex: $0) != nil }) ?? true else {
      throw CommandFailure.usage("--head is 64 hexadecimal digits, as ‘audit verify’ prints them")
    }
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let (verification, finding) = try await verify(session.auditTrail, environment)
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

  /// Goes on where entries came meanwhile: a controller may be at work.
  private func verify(_ trail: any AuditTrail, _ environment: String) async throws(StoreError)
    -> (AuditVerification, AuditFinding?)
  {
    var verification = AuditVerification(keptHash: head)
    while true {
      let page = try await trail.audit(
        of: environment, after: verification.head.count, limit: AuditVerify.page)
      if let finding = verification.take(page) { return (verification, finding) }
      guard page.isEmpty else { continue }
      let end = try await trail.auditHead(of: environment)
      let finding = verification.finish(at: end)
      guard finding?.kind == .missing,
        try await !trail.audit(of: environment, after: verification.head.count, limit: 1).isEmpty
      else { return (verification, finding) }
    }
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
