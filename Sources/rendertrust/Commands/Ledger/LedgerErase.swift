import ArgumentParser
import Billing
import ControlPlane
import JobStore
import Ledger
import Model
import Postgres
import Reconciling

struct LedgerErase: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Erase a person's name from an account and from its exports.",
    discussion: """
      Entries, balances, hashes and proofs stay unchanged: the account keeps its number and is renamed to \
      erased-NUMBER. The erasure, its time and its actor are recorded in a chain that `ledger verify` \
      checks. Cannot be undone. Backups contain the name until they expire; manifests and git commits are \
      not changed.
      """)

  @Argument(help: "Account name.")
  var account: String

  @Flag(name: .long, help: "Confirm the erasure.")
  var yes = false

  @OptionGroup var ledger: LedgerOptions

  func run() async throws {
    try await StateSession.withLedger(ledger) { state, ledger in
      let found = try await ledger.account(account)
      guard yes else {
        throw CommandFailure.blocked(
          "erasing ‘\(found.name)’ with \(found.entries) entries and a balance of \(found.balance) credits "
            + "cannot be undone: pass --yes to confirm")
      }
      let exports = try await exports(of: ledger, state.foundations.exports)
      let done = try await erase(found.name, ledger, exports.reachable)
      let rewritten = exports.reachable.count - done.exportsLeft.count
      Output.success(
        "\(found.name) is now \(done.name): erasure \(done.number)\(done.isNew ? "" : " (repeated)"), "
          + "\(rewritten) of \(exports.reachable.count) exports rewritten")
      let remaining =
        done.exportsLeft.map { "\($0.destination): \($0.error)" }
        + exports.unknown.map { "\($0): an earlier export location that no manifest names" }
      guard remaining.isEmpty else {
        for location in remaining { Output.error(location) }
        throw CommandFailure.failed(
          "accounts.parquet in these locations may contain the name: repeat "
            + "`rendertrust ledger erase \(done.name) --yes` when they can be reached, or delete the file")
      }
    }
  }

  private func erase(
    _ name: String, _ ledger: OpenLedger, _ exports: [DailyExport]
  ) async throws -> LedgerErasure {
    do throws(ErasureError) {
      return try await LedgerErasure.erase(
        name, by: Authorship.localActor, in: ledger.pool,
        alsoErasing: [BillingErasure.hook, SchedulingErasure.hook], exports: exports)
    } catch {
      throw CommandFailure.failed("nothing was erased: \(error)")
    }
  }

  /// The export of the manifest, earlier export folders, and the names of earlier locations that cannot be
  /// opened.
  private func exports(
    of ledger: OpenLedger, _ stores: ExportStores
  ) async throws -> (reachable: [DailyExport], unknown: [String]) {
    var reachable: [DailyExport] = []
    do throws(BackendError) {
      if let destination = ledger.resource.spec.export?.to {
        reachable.append(try await stores.export(ledger.pool, to: destination))
      }
    } catch {
      throw CommandFailure.failed("nothing was erased: cannot reach the export: \(error)")
    }
    let current = reachable.first?.destination
    var unknown: [String] = []
    for name in try await ExportState.destinations(in: ledger.pool) where name != current {
      if let folder = stores.formerFolder(ledger.pool, name) {
        reachable.append(folder)
      } else {
        unknown.append(name)
      }
    }
    return (reachable, unknown)
  }
}
