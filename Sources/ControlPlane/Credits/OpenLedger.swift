package import Ledger
import Manifests
package import Model
package import Postgres

/// An applied `Ledger` with connections to its database.
package struct OpenLedger: Sendable {
  let environment: String
  package let resource: Resource<LedgerSpec>
  package let pool: PostgresPool

  package var ledger: LedgerStore { LedgerStore(pool) }

  /// The account of this name, with or without the prefix `account/`.
  package func account(_ name: String) async throws -> LedgerStore.Account {
    let name = LedgerStore.plainName(name)
    guard let account = try await ledger.account(name) else {
      let names = try await ledger.accounts().map(\.name)
      let hint = Suggestion.hint(for: name, among: names, noun: "accounts")
      throw OperationError.missing(unknownAccount(name) + (hint.map { "; \($0)" } ?? ""))
    }
    return account
  }

  package func unknownAccount(_ name: String) -> String { "there is no account ‘\(name)’ in \(resource.id)" }
}
