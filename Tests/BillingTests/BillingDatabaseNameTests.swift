import Billing
import Model
import Testing

@Suite struct BillingDatabaseNameTests {
  static let cases: [(reason: String, maps: [String], ledgers: [String], database: String?)] = [
    ("nothing is declared", [], [], "platform"), ("prices alone", ["a"], [], "a"),
    ("credits alone", [], ["b"], "b"), ("together", ["a", "a"], ["a"], "a"),
    ("with one of several ledgers", ["b"], ["a", "b"], "b"), ("prices apart", ["a", "b"], ["a"], nil),
    ("prices and credits apart", ["a"], ["b"], nil), ("credits apart, and no prices", [], ["a", "b"], nil),
  ]

  @Test("Purchases are in the ledger's database", arguments: cases)
  func purchasesAreInLedgerDatabase(
    _ row: (reason: String, maps: [String], ledgers: [String], database: String?)
  ) {
    func ids(_ names: [String]) -> [ResourceID] { names.map { ResourceID(kind: "Database", name: $0) } }
    let result = Result { try BillingDatabaseName.database(maps: ids(row.maps), ledgers: ids(row.ledgers)) }
    switch result {
    case .success(let id): #expect(id.name == row.database, "\(row.reason)")
    case .failure(let error):
      #expect(row.database == nil && (error as? BackendError)?.code == "billing.databases", "\(row.reason)")
    }
  }
}
