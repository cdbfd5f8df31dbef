import ArgumentParser
import ControlPlane
import Ledger
import Model
import Reconciling

struct LedgerExportCommand: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export days of the ledger, regardless of the schedule.",
    discussion: """
      Without --date, exports every past day that is missing, oldest first. An exported day is compared and \
      replaced if it differs. --verify compares each file with its checksum and writes nothing.
      """)

  @Option(name: .long, help: ArgumentHelp("Export this UTC day only, such as 2026-11-21.", valueName: "day"))
  var date: String?

  @Flag(name: .long, help: "Verify the exported files; exit with 1 if a file is missing or differs.")
  var verify = false

  @OptionGroup var ledger: LedgerOptions

  var isChange: Bool { !verify }

  func run() async throws {
    guard !verify || date == nil else {
      throw CommandFailure.usage("--verify checks all days: omit --date")
    }
    let day = try date.map { text throws(CommandFailure) in
      guard let day = UTCDay(text) else {
        throw .usage("--date must be a day such as 2026-11-21, not ‘\(text)’")
      }
      return day
    }
    try await StateSession.withLedger(ledger) { state, ledger in
      let id = ledger.resource.id
      guard let destination = ledger.resource.spec.export?.to else {
        throw CommandFailure.usage(
          "\(id) has no export: add `export: {to: {folder: exports}}` to its manifest and apply it")
      }
      do {
        let export = try await state.foundations.exports.export(ledger.pool, to: destination)
        if verify {
          try await compare(export)
        } else {
          try await write(day, export, now: state.time.now())
        }
      } catch let error as ExportError {
        throw CommandFailure.failed("\(id): \(error)")
      } catch let error as BackendError {
        throw CommandFailure.failed("\(id): \(error)")
      }
    }
  }

  private func write(_ day: UTCDay?, _ export: DailyExport, now: Timestamp) async throws {
    let days = if let day { [day] } else { try await export.state().due(at: now) }
    guard !days.isEmpty else {
      return Output.print("Every past day is exported: \(export.destination)")
    }
    for day in days {
      let (manifest, result) =
        switch try await export.run(day, now: now) {
        case .written(let manifest): (manifest, "written to")
        case .unchanged(let manifest): (manifest, "unchanged in")
        }
      let rows = manifest.files.map { "\($0.rows) \($0.table)" }.joined(separator: ", ")
      Output.success("\(day)  \(rows)  \(result) \(export.destination)")
    }
  }

  private func compare(_ export: DailyExport) async throws {
    let report = try await export.verify()
    guard report.isSound else {
      for finding in report.findings { Output.error(finding.description) }
      throw CommandFailure.failed(
        "\(export.destination) failed verification: export the days again with "
          + "`rendertrust ledger export --date DAY`")
    }
    Output.success("\(report.days) days in \(report.files) files verified: \(export.destination)")
  }
}
