import KindSupport
package import Ledger
import Manifests
package import Model
package import Postgres
import Reconciling

/// The books of an applied `Ledger`.
package struct OpenLedger: Sendable {
  package let resource: Resource<LedgerSpec>
  package let pool: PostgresPool

  package var ledger: LedgerStore { LedgerStore(pool) }

  /// The account of this name, with or without `account/` before it.
  package func account(_ name: String) async throws -> LedgerStore.Account {
    let name = LedgerStore.plainName(name)
    guard let account = try await ledger.account(name) else {
      throw OperationError.missing(
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
  /// The books of the ledger that is meant, which must be applied.
  package func books(_ query: LedgerQuery) async throws -> OpenLedger {
    let environment = try environment(named: query.environment)
    let inventory = try await store.inventory(of: environment, knowing: []).values.map(\.resource)
    let ledgers = inventory.compactMap { $0.typed(as: LedgerSpec.self) }.sorted { $0.id < $1.id }
    let named = query.ledger.map { name in
      ledgers.filter { $0.id.name == name || $0.id.description == name }
    }
    guard let chosen = (named ?? ledgers).first, named != nil || ledgers.count == 1 else {
      let names = ledgers.map(\.id.name).joined(separator: ", ")
      throw OperationError.usage(
        names.isEmpty
          ? "no Ledger is applied in \(environment); add one to its manifests and apply them"
          : "say which with --ledger: \(names)")
    }
    let pool = try await pool(of: chosen.spec.database.id, among: inventory)
    return OpenLedger(resource: chosen, pool: pool)
  }

  /// Connections to a database that a manifest declares.
  package func pool(of database: ResourceID, among resources: [AnyResource]) async throws -> PostgresPool {
    guard let offer = platform.kinds.offers(resources).databases[database] else {
      throw OperationError.failed("\(database) is not applied")
    }
    return try await foundations.connector.pool(for: offer.address)
  }
}
