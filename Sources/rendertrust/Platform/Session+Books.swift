import ArgumentParser
import KindSupport
import Ledger
import Manifests
import Model
import Postgres
import Reconciling

/// Whose books a command means.
struct LedgerOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The Ledger; needed only where several are applied.", valueName: "name"))
  var ledger: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
}

/// The same for commands that may ask a server.
struct LedgerQueryOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The Ledger; needed only where several are applied.", valueName: "name"))
  var ledger: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  var query: LedgerQuery { LedgerQuery(environment: environment.environment, ledger: ledger) }
}

/// The books of an applied `Ledger`.
struct OpenLedger: Sendable {
  let resource: Resource<LedgerSpec>
  let pool: PostgresPool

  var ledger: LedgerStore { LedgerStore(pool) }

  /// The account of this name, with or without `account/` before it.
  func account(_ name: String) async throws -> LedgerStore.Account {
    let name = LedgerStore.plainName(name)
    guard let account = try await ledger.account(name) else {
      throw CommandFailure.missing(
        "there is no account ‘\(name)’ in the books of \(resource.id)"
          + (try await suggestion(for: name).map { "; \($0)" } ?? ""))
    }
    return account
  }

  private func suggestion(for name: String) async throws -> String? {
    Suggestion.hint(for: name, among: try await ledger.accounts().map(\.name), noun: "accounts")
  }
}

extension Session {
  /// Opens the state and the books of its ledger, and closes them again.
  static func withBooks(_ options: LedgerOptions, _ body: (Session, OpenLedger) async throws -> Void)
    async throws
  {
    try await open(options.state) { session in
      let query = LedgerQuery(environment: options.environment.environment, ledger: options.ledger)
      try await body(session, try await session.books(query))
    }
  }

  /// The books of the ledger that is meant, which must be applied.
  func books(_ query: LedgerQuery) async throws -> OpenLedger {
    let environment = try environment(named: query.environment)
    let inventory = try await store.inventory(of: environment, knowing: []).values.map(\.resource)
    let ledgers = inventory.compactMap { $0.typed(as: LedgerSpec.self) }.sorted { $0.id < $1.id }
    let named = query.ledger.map { name in
      ledgers.filter { $0.id.name == name || $0.id.description == name }
    }
    guard let chosen = (named ?? ledgers).first, named != nil || ledgers.count == 1 else {
      let names = ledgers.map(\.id.name).joined(separator: ", ")
      throw CommandFailure.usage(
        names.isEmpty
          ? "no Ledger is applied in \(environment); add one to its manifests and apply them"
          : "say which with --ledger: \(names)")
    }
    let pool = try await pool(of: chosen.spec.database.id, among: inventory)
    return OpenLedger(resource: chosen, pool: pool)
  }

  /// Connections to a database that a manifest declares.
  func pool(of database: ResourceID, among resources: [AnyResource]) async throws -> PostgresPool {
    guard let offer = platform.kinds.offers(resources).databases[database] else {
      throw CommandFailure.failed("\(database) is not applied")
    }
    return try await foundations.connector.pool(for: offer.address)
  }
}
