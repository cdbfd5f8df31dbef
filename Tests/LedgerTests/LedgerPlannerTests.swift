import KindTestSupport
import Ledger
import Model
import Planning
import Testing

/// What the plan says about accounts and entries when a ledger leaves.
@Suite struct LedgerPlannerTests {
  private static let database = ResourceID(kind: "Database", name: "platform")

  @Test(
    "A released ledger says whether its books stay",
    arguments: [
      (DatabaseAddress.embedded(database: "platform"), false, "accounts, entries and rules stay"),
      (
        .embedded(database: "platform"), true,
        "its accounts, entries and rules are dropped with database platform"
      ),
      // A database of another server is never dropped.
      (.external(url: .environment("URL")), true, "accounts, entries and rules stay"),
    ])
  func release(address: DatabaseAddress, leaves: Bool, books: String) throws {
    var offers = Offers()
    offers.add(.database(DatabaseOffer(address: address)), from: Self.database)
    offers.leaving = leaves ? [Self.database] : []
    let ledger = try Fixture.resource(
      LedgerSpec.self, "credits", #"{"payouts":{"cpuMinute":0.1},"database":"Database/platform"}"#)
    let context = Fixture.context(ledger, lastApplied: ledger, offers: offers)
    let steps = try LedgerPlanner().plan(nil, LedgerObserved(), context).steps
    #expect(steps.map(\.summary) == ["release the ledger credits; \(books)"])
  }

  @Test("A ledger stays in a database that has another name, and moves to no other one")
  func renamedDatabase() throws {
    let old = try Fixture.resource(LedgerSpec.self, "credits", Self.spec("platform"))
    func plan(
      _ database: String, named name: String = "credits", _ offers: Offers, _ moves: Moves = Moves()
    ) throws -> [String] {
      let new = try Fixture.resource(LedgerSpec.self, name, Self.spec(database))
      let context = PlanContext(
        id: new.id, lastApplied: name == "credits" ? old.map { $0 } : nil,
        reconcile: Fixture.reconcileContext(offers: offers, moves: moves),
        movedFrom: name == "credits" ? nil : old.map { $0 })
      let observed = LedgerObserved(
        isOpen: name == "credits", other: name == "credits" ? nil : "credits",
        rules: new.spec.rules(version: 1), areRulesInForce: true)
      return try LedgerPlanner().plan(new, observed, context).steps.map(\.summary)
    }
    let shared = Self.offers(["platform": "shop", "store": "shop"])
    #expect(try plan("store", shared).isEmpty)
    #expect(try plan("store", named: "points", shared) == ["rename the ledger credits to points"])
    let renamed = Self.offers(["platform": "platform", "store": "store"])
    let moves = Moves([Move(from: Self.database, to: ResourceID(kind: "Database", name: "store"))])
    #expect(try plan("store", renamed, moves).isEmpty)
    #expect(throws: PlanError.self) { try plan("store", renamed) }
    #expect(throws: PlanError.self) { try plan("other", renamed, moves) }
    #expect(throws: PlanError.self) { try plan("other", Offers()) }
  }

  private static func spec(_ database: String) -> String {
    #"{"payouts":{"cpuMinute":0.1},"database":"Database/\#(database)"}"#
  }

  private static func offers(_ databases: [String: String]) -> Offers {
    var offers = Offers()
    for (resource, name) in databases {
      offers.add(
        .database(DatabaseOffer(address: .embedded(database: name))),
        from: ResourceID(kind: "Database", name: resource))
    }
    return offers
  }
}
