package import Gateway
package import Ledger
import Model

/// Selects a ledger, and limits a creator to its own account.
package struct LedgerSelection: Sendable {
  package var environment: String?
  /// Required only if several ledgers are applied.
  package var ledger: String?
  /// The only visible account; nil for all.
  package var onlyAccount: String?

  package init(environment: String?, ledger: String?) {
    self.environment = environment
    self.ledger = ledger
  }

  package init(_ request: APIRequest) throws(OperationError) {
    self.init(environment: request.parameters["environment"], ledger: request.parameters["ledger"])
    guard request.principal.role == .creator else { return }
    guard let account = request.principal.subject else { throw .missing("the token has no account") }
    onlyAccount = account
  }

  package var parameters: [String: String] {
    ["environment": environment, "ledger": ledger].compactMapValues { $0 }
  }

  package static let apiParameters = [
    APIParameter.environment,
    APIParameter("ledger", .query, "Required only if several are applied.", schema: WireSchema.name),
  ]
  /// The roles that may read accounts.
  package static let readers: Set<APIRole> = [.viewer, .operator, .creator]

  /// The account of this name, if it is visible.
  package func account(_ name: String, in open: OpenLedger) async throws -> LedgerStore.Account {
    guard let onlyAccount else { return try await open.account(name) }
    let name = LedgerStore.plainName(name)
    // A suggestion would disclose the names of other accounts.
    guard name == onlyAccount, let account = try await open.ledger.account(name) else {
      throw OperationError.missing(open.unknownAccount(name))
    }
    return account
  }
}
