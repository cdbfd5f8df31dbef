import ArgumentParser
import ControlPlane
import Ledger
import Model

struct LedgerVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compute every chain anew and name what does not fit.",
    discussion: """
      Exits with 1 when an entry was changed, taken out, put in, moved or cut off, when a balance, a lifetime gross or \
      what is held back is not what its entries and holds come to, or when the balances of all are not zero together.
      """)

  @OptionGroup var books: LedgerOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withBooks(books) { _, books in
      let report = try await LedgerProof(books.pool).verify()
      if output == .json {
        Output.write(report.value.prettyJSON)
      } else if report.isSound {
        Output.print(
          "\(Output.style.green("✓")) \(LedgerVerify.count(report.entries)) of \(report.accounts) accounts "
            + "\(report.entries == 1 ? "is as it was" : "are as they were") written; all balances together are zero"
        )
      } else {
        for finding in report.findings { Output.error(finding.description) }
      }
      guard report.isSound else {
        throw output == .json
          ? CommandFailure.failed("")
          : CommandFailure.failed(
            "the books of \(books.resource.id) are not as they were written: \(report.findings.count) "
              + (report.findings.count == 1 ? "account does" : "accounts do") + " not fit")
      }
    }
  }
}

extension LedgerVerify {
  fileprivate static func count(_ entries: Int) -> String { entries == 1 ? "1 entry" : "\(entries) entries" }
}

extension LedgerProof.Report {
  fileprivate var value: Value {
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
