import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct AuditVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Verify the hash chain of the audit log.",
    discussion: """
      Exits with 1 and names the first invalid entry if an entry was changed, removed, inserted or moved. \
      Prints the hash of the last entry. Store it elsewhere and pass it with --head to detect a replaced \
      chain.
      """)

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .long, help: ArgumentHelp("Hash that an earlier verify printed.", valueName: "hash"))
  var head: String?

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  private static let pageSize = 5000

  func run() async throws {
    guard head.map({ Digest(hex: $0) != nil }) ?? true else {
      throw CommandFailure.usage("--head must be 64 hexadecimal digits, as ‘audit verify’ prints them")
    }
    let result = try await scope.connection.target().open { try await verify($0) }
    if output == .json {
      Output.write(json: result.document.prettyJSON)
      if result.finding != nil { throw ExitCode(1) }
      return
    }
    if let finding = result.finding {
      throw CommandFailure.failed(
        "the audit log of \(result.environment) failed verification: \(finding.message)")
    }
    let (count, hash) = (result.head.count, result.head.hash)
    Output.print("\(count) entr\(count == 1 ? "y" : "ies") of \(result.environment) verified; head \(hash)")
  }

  /// Computes the chain in this process, also for the log of a server. Continues while a controller adds
  /// entries.
  private func verify(_ client: any QueryClient) async throws -> VerifiedAuditLog {
    var verification = AuditVerification(keptHash: head)
    var name = scope.name
    while true {
      let page = try await self.page(AuditVerify.pageSize, of: name, after: verification, client)
      name = page.environment
      if let finding = verification.append(page.entries) {
        return VerifiedAuditLog(page.environment, verification, finding)
      }
      guard page.entries.isEmpty else { continue }
      let finding = verification.finish(at: page.head)
      guard finding?.kind == .missing,
        try await !self.page(1, of: name, after: verification, client).entries.isEmpty
      else { return VerifiedAuditLog(page.environment, verification, finding) }
    }
  }

  private func page(
    _ limit: Int, of name: String?, after verification: AuditVerification, _ client: any QueryClient
  ) async throws -> AuditPage {
    try await client.send(AuditQuery(environment: name, after: verification.head.count, limit: limit))
  }
}

/// The result of `audit verify`.
private struct VerifiedAuditLog: Sendable {
  let environment: String
  let head: AuditHead
  /// Nil: the chain is intact.
  let finding: AuditFinding?

  init(_ environment: String, _ verification: AuditVerification, _ finding: AuditFinding?) {
    self.environment = environment
    head = verification.head
    self.finding = finding
  }

  var document: Value {
    .members([
      "environment": .string(environment), "entries": .integer(head.count), "head": .string(head.hash),
      "inOrder": .bool(finding == nil),
      "finding": finding.map { finding in
        .members([
          "kind": .string(finding.kind.rawValue), "entry": .integer(finding.sequence),
          "message": .string(finding.message),
        ])
      },
    ])
  }
}
