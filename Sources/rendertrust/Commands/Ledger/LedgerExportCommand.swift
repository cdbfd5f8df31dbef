import ArgumentParser
import ControlPlane
import Ledger
import Model
import Reconciling

struct LedgerExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write days to where the ledger's export goes, whatever the schedule says.",
    discussion: """
      Without --date, every day that is over and not there yet, oldest first. A day that is there already is compared, and \
      replaced where it differs. With --verify nothing is written: each file is compared with its checksum.
      """)

  @Option(name: .long, help: ArgumentHelp("Only this day of UTC, such as 2026-11-21.", valueName: "day"))
  var date: String?

  @Flag(
    name: .long,
    help: "Compare what is there with its checksums; exit 1 when something is missing or differs.")
  var verify = false

  @OptionGroup var books: LedgerOptions

  func run() async throws {
    guard !verify || date == nil else {
      throw CommandFailure.usage("--verify looks at all days; leave --date out")
    }
    var day: UTCDay?
    if let date {
      guard let parsed = UTCDay(date) else {
        throw CommandFailure.usage("‘\(date)’ is no day; write for example 2026-11-21")
      }
      day = parsed
    }
    try await Session.withBooks(books) { session, books in
      guard let destination = books.resource.spec.export?.to else {
        throw CommandFailure.usage(
          "\(books.resource.id) has no export; write `export: {to: {folder: exports}}` into its manifest and apply it"
        )
      }
      do {
        let export = try await session.foundations.exports.export(books.pool, to: destination)
        if verify {
          try await compare(export)
        } else {
          try await write(day, export, now: session.engine.time.now())
        }
      } catch let error as ExportError {
        throw CommandFailure.failed("\(books.resource.id): \(error)")
      } catch let error as BackendError {
        throw CommandFailure.failed("\(books.resource.id): \(error)")
      }
    }
  }

  private func write(_ day: UTCDay?, _ export: DailyExport, now: Timestamp) async throws {
    let days = if let day { [day] } else { try await export.state().due(at: now) }
    guard !days.isEmpty else {
      Output.print("Every day that is over is there already: \(export.destination)")
      return
    }
    for day in days {
      let (manifest, verb) =
        switch try await export.run(day, now: now) {
        case .written(let manifest): (manifest, "written to")
        case .unchanged(let manifest): (manifest, "is as it should be in")
        }
      let rows = manifest.files.map { "\($0.rows) \($0.table)" }.joined(separator: ", ")
      Output.print("\(Output.style.green("✓")) \(day)  \(rows)  \(verb) \(export.destination)")
    }
  }

  private func compare(_ export: DailyExport) async throws {
    let report = try await export.verify()
    guard report.isSound else {
      for finding in report.findings { Output.error(finding.description) }
      throw CommandFailure.failed(
        "\(export.destination) is not as it was written; write the days again with `rendertrust ledger export --date DAY`"
      )
    }
    Output.print(
      "\(Output.style.green("✓")) \(report.days) days in \(report.files) files are as they were written: \(export.destination)"
    )
  }
}
