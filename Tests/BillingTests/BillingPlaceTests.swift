import Billing
import Model
import Testing

@Suite struct BillingPlaceTests {
  static let cases: [(reason: String, maps: [String], ledgers: [String], place: String?)] = [
    ("nothing is declared", [], [], "platform"), ("prices alone", ["a"], [], "a"),
    ("credits alone", [], ["b"], "b"), ("together", ["a", "a"], ["a"], "a"),
    ("with one of several ledgers", ["b"], ["a", "b"], "b"), ("prices apart", ["a", "b"], ["a"], nil),
    ("prices and credits apart", ["a"], ["b"], nil), ("credits apart, and no prices", [], ["a", "b"], nil),
  ]

  @Test(arguments: cases)
  func `purchases are where the ledger is`(
    _ row: (reason: String, maps: [String], ledgers: [String], place: String?)
  ) {
    func ids(_ names: [String]) -> [ResourceID] { names.map { ResourceID(kind: "Database", name: $0) } }
    let result = Result { try BillingDatabaseName.database(maps: ids(row.maps), ledgers: ids(row.ledgers)) }
    switch result {
    case .success(let id): #expect(id.name == row.place, "\(row.reason)")
    case .failure(let error):
      #expect(row.place == nil && (error as? BackendError)?.code == "billing.databases", "\(row.reason)")
    }
  }
}
