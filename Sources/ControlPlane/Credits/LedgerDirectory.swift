import KindSupport
import Ledger
import Manifests
package import Model
package import Postgres
import Reconciling

/// Opens the ledgers that are applied in the environments of a state.
package struct LedgerDirectory: Sendable {
  private let environments: EnvironmentDirectory
  private let store: any StateStore
  private let databases: DatabaseDirectory
  package let now: @Sendable () -> Timestamp

  package init(_ state: StateSession) {
    environments = state.environments
    store = state.store
    databases = DatabaseDirectory(state)
    now = state.time.now
  }

  /// - Throws: a usage failure if no ledger is applied or the selection is ambiguous.
  package func open(_ selection: LedgerSelection) async throws -> OpenLedger {
    let environment = try await environments.resolve(selection.environment)
    let inventory = try await store.inventory(of: environment, knowing: []).values.map(\.resource)
    let ledgers = inventory.compactMap { $0.typed(as: LedgerSpec.self) }.sorted { $0.id < $1.id }
    let named = selection.ledger.map { name in
      ledgers.filter { $0.id.name == name || $0.id.description == name }
    }
    guard let chosen = (named ?? ledgers).first, named != nil || ledgers.count == 1 else {
      let names = ledgers.map(\.id.name).joined(separator: ", ")
      throw OperationError.usage(
        names.isEmpty
          ? "no Ledger is applied in \(environment); add one to its manifests and apply them"
          : "name the ledger with --ledger: \(names)")
    }
    let pool = try await databases.pool(of: chosen.spec.database.id, among: inventory)
    return OpenLedger(environment: environment, resource: chosen, pool: pool)
  }

  /// Records the newest entry of a ledger, so that its loss is noticed even before the next pass observes it.
  /// Records nothing for a ledger that does not continue the recorded one.
  package func recordHead(of ledger: OpenLedger) async throws {
    let id = ledger.resource.id
    let recorded = try await store.ownership().identities[ledger.environment]?[id]
    let found = try await LedgerIdentity.read(ledger.pool, recorded: recorded)
    guard found.continuesRecorded || recorded?.head == nil, let data = found.data else { return }
    var changes = StatusChanges(revision: 0)
    changes.identities[id] = data
    try await store.save(changes, in: ledger.environment)
  }
}

/// Opens the databases that manifests declare.
package struct DatabaseDirectory: Sendable {
  private let platform: Platform
  private let connector: DatabaseConnector

  package init(_ state: StateSession) {
    platform = state.platform
    connector = state.foundations.connector
  }

  /// Connections to a declared database.
  package func pool(of database: ResourceID, among resources: [AnyResource]) async throws -> PostgresPool {
    guard let offer = platform.kinds.offers(resources).databases[database] else {
      throw OperationError.failed("\(database) is not applied")
    }
    return try await connector.pool(for: offer.address)
  }
}
