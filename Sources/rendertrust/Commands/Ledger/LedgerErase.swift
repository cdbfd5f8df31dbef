import ArgumentParser
import Billing
import ControlPlane
import JobStore
import Ledger
import Model
import Postgres
import Reconciling

struct LedgerErase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Remove a person's name from an account, and from every export of it.",
    discussion: """
      Entries, balances, hashes and proofs stay as they are: the account keeps its number and is called erased-NUMBER. \
      That it was erased, when and by whom is recorded in a chain that `ledger verify` checks. It cannot be undone. \
      Backups hold the name until they expire; manifests and the commits of git are yours to change.
      """)

  @Argument(help: "Whose name.")
  var account: String

  @Flag(name: .long, help: "Do it. Without, it is only said what would be done.")
  var yes = false

  @OptionGroup var books: LedgerOptions

  func run() async throws {
    try await Session.withBooks(books) { session, books in
      let found = try await books.account(account)
      guard yes else {
        throw CommandFailure.blocked(
          "the name ‘\(found.name)’ would be removed for good from an account with \(found.entries) entries and a balance "
            + "of \(found.balance) credits; say --yes to do it")
      }
      let (exports, unknown) = try await places(session, books)
      let done: LedgerErasure
      do throws(ErasureError) {
        done = try await LedgerErasure.erase(
          found.name, by: Authorship.here("ledger erase", []).actor, in: books.pool,
          alsoErasing: [BillingErasure.hook, SchedulingErasure.hook], exports: exports)
      } catch {
        throw CommandFailure.failed("nothing was erased: \(error)")
      }
      Output.print(
        "\(Output.style.green("✓")) \(found.name) is \(done.name) from now on: erasure \(done.number)"
          + "\(done.isNew ? "" : ", as before"), \(exports.count - done.exportsLeft.count) of \(exports.count) exports written anew"
      )
      let left =
        done.exportsLeft.map { "\($0.destination): \($0.error)" }
        + unknown.map { "\($0): days were written there once, and no manifest names it any more" }
      guard left.isEmpty else {
        for place in left { Output.error(place) }
        throw CommandFailure.failed(
          "the name may still stand in accounts.parquet there; repeat `rendertrust ledger erase \(done.name) --yes` once the "
            + "place can be reached, or remove the file by hand")
      }
    }
  }

  /// Where days were written: what the manifest names, folders of before, and names of places that nothing leads to.
  private func places(_ session: Session, _ books: OpenLedger) async throws -> (
    [DailyExport], unknown: [String]
  ) {
    let stores = session.foundations.exports
    var exports: [DailyExport] = []
    do throws(BackendError) {
      if let destination = books.resource.spec.export?.to {
        exports.append(try await stores.export(books.pool, to: destination))
      }
    } catch {
      throw CommandFailure.failed("nothing was erased: the export cannot be reached: \(error)")
    }
    let current = exports.first?.destination
    var unknown: [String] = []
    for name in try await ExportState.destinations(in: books.pool) where name != current {
      if let folder = stores.formerFolder(books.pool, name) {
        exports.append(folder)
      } else {
        unknown.append(name)
      }
    }
    return (exports, unknown)
  }
}
