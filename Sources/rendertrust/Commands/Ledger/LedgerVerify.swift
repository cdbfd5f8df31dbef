import ArgumentParser
import ControlPlane
import Ledger
import Model

struct LedgerVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Verify the hash chains and balances of the ledger.",
    discussion: """
      Exits with 1 if an entry was changed, removed, inserted, moved or truncated, if a balance, a lifetime \
      gross or held credits differ from the entries and holds, or if all balances do not add up to zero.
      """)

  @OptionGroup var ledger: LedgerOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  func run() async throws {
    try await StateSession.withLedger(ledger) { _, ledger in
      let report = try await LedgerProof(ledger.pool).verify()
      if output == .json {
        Output.write(json: report.document.prettyJSON)
        if !report.isSound { throw ExitCode(1) }
        return
      }
      guard report.isSound else {
        for finding in report.findings { Output.error(finding.description) }
        let count = report.findings.count
        throw CommandFailure.failed(
          "\(ledger.resource.id) failed verification: \(count) finding\(count == 1 ? "" : "s")")
      }
      Output.success(
        "\(report.entries) entr\(report.entries == 1 ? "y" : "ies") of \(report.accounts) accounts verified; "
          + "all balances add up to zero")
    }
  }
}

extension LedgerProof.Report {
  fileprivate var document: Value {
    .members([
      "sound": .bool(isSound), "entries": .integer(Int64(entries)), "accounts": .integer(Int64(accounts)),
      "findings": .array(
        findings.map { finding in
          .members([
            "account": .string(finding.account), "entry": finding.entry.map(Value.integer),
            "problem": .string(finding.problem),
          ])
        }),
    ])
  }
}
