package import Gateway
package import Ledger
import Model

/// Whose books an inquiry means, and what of them it may see.
package struct LedgerQuery: Sendable {
  package var environment: String?
  /// Needed only where several ledgers are applied.
  package var ledger: String?
  /// A creator sees this account alone; nil: all.
  package var onlyAccount: String?

  package init(environment: String?, ledger: String?) {
    self.environment = environment
    self.ledger = ledger
  }

  package init(_ request: APIRequest) throws(OperationError) {
    self.init(environment: request.parameters["environment"], ledger: request.parameters["ledger"])
    guard request.principal.role == .creator else { return }
    guard let account = request.principal.subject else { throw .missing("this token is for no account") }
    onlyAccount = account
  }

  package var parameters: [String: String] {
    ["environment": environment, "ledger": ledger].compactMapValues { $0 }
  }

  package static let apiParameters = [
    APIParameter.environment,
    APIParameter("ledger", .query, "Needed only where several are applied.", schema: WireSchema.name),
  ]
  /// Who may look.
  package static let readers: Set<APIRole> = [.viewer, .operator, .creator]

  /// Others’ accounts do not exist for a creator.
  package func account(_ name: String, in books: OpenLedger) async throws -> LedgerStore.Account {
    guard let onlyAccount else { return try await books.account(name) }
    let name = LedgerStore.plainName(name)
    // No suggestion, which would name others.
    guard name == onlyAccount, let account = try await books.ledger.account(name) else {
      throw OperationError.missing("there is no account ‘\(name)’ in the books of \(books.resource.id)")
    }
    return account
  }
}
