import Model
import Planning
import Testing

/// Plans about a ledger whose entries are missing.
@Suite struct MissingLedgerGuardTests {
  private static let ledger = "Ledger/main"
  private static let database = "Database/platform"
  private static func id(_ name: String) -> ResourceID { ResourceID(name)! }
  private static let recorded = DataIdentity(id: "1f0c", head: "12:9f86")
  private static func missing(_ found: MissingLedger.Found = .nothing) -> [SafetyFact] {
    [.missingLedger(MissingLedger(database: id(database), recorded: recorded, found: found))]
  }

  /// A lost database with a ledger that had entries, and a resource that needs the ledger.
  private static var lost: PlanningWorld {
    var world = PlanningWorld()
    world.identities[id(ledger)] = recorded
    world.declare("Database/platform", FakeSpec(facts: [.emptyDatabase]))
    world.declare("Ledger/main", FakeSpec(facts: missing()), uses: ["Database/platform"])
    world.declare("Module/needy", uses: ["Ledger/main"])
    world.declare("Database/other", FakeSpec(facts: [.emptyDatabase]))
    return world
  }

  @Test("Neither a lost ledger with entries nor its database is created; other resources continue")
  func lostDatabase() {
    let plan = Self.lost.plan()
    for id in [Self.ledger, Self.database] {
      #expect(plan[id]?.outcome == .blocked)
      #expect(
        plan[id]?.waitingOn
          == "the ledger guard: spec.database: Database/platform had the ledger 1f0c up to entry 12:9f86, "
          + "and now has no ledger; restore the backup of Database/platform, and the ledger is ready again "
          + "by itself; to accept the loss of these entries, allow it with --allow books-missing=Ledger/main")
    }
    #expect(plan["Module/needy"]?.waitingOn == "Ledger/main")
    #expect(plan["Database/other"]?.outcome == .create)
  }

  @Test("One allowance for the ledger lets both the ledger and its database be created")
  func allowance() {
    var world = Self.lost
    world.allowances = Allowances([Allowance(.booksMissing, Self.id("Ledger/other"))])
    #expect(world.plan()[Self.ledger]?.outcome == .blocked, "another ledger was allowed")
    world.allowances = Allowances([Allowance(.booksMissing, Self.id(Self.ledger))])
    let plan = world.plan()
    for id in [Self.ledger, Self.database] {
      #expect(plan[id]?.outcome == .create)
      #expect(plan[id]?.allowed.map(\.rule) == [.booksMissing])
    }
    #expect(plan["Module/needy"]?.waitingOn == nil)
  }

  @Test("The guard concerns ledgers that look as declared, wait or would be changed")
  func existing() {
    var world = Self.lost
    let facts = Self.missing(.earlierState(head: "7:3c4d"))
    world.hasApplied("Ledger/main")
    world.declare("Ledger/main", FakeSpec(facts: facts), uses: ["Database/platform"])
    #expect(world.plan()[Self.ledger]?.outcome == .blocked, "it is as declared")
    world.declare("Ledger/main", FakeSpec(fields: ["a": 1], facts: facts), uses: ["Database/platform"])
    #expect(world.plan()[Self.ledger]?.outcome == .blocked, "it would be changed")
    world.declare("Ledger/main", FakeSpec(waits: "another ledger", facts: facts))
    #expect(world.plan()[Self.ledger]?.outcome == .blocked, "it waits")
    world.hide("Ledger/main")
    #expect(world.plan()[Self.ledger]?.outcome == .unknown, "what is not observed is not missing")
  }

  @Test("A database without a ledger that had entries is created, also in a pass without the ledger")
  func freeDatabases() {
    var world = Self.lost
    world.scope = [Self.id(Self.database)]
    #expect(world.plan()[Self.database]?.outcome == .blocked, "the ledger is outside of the scope")
    world.identities[Self.id(Self.ledger)] = DataIdentity(id: "1f0c", head: nil)
    #expect(world.plan()[Self.database]?.outcome == .create, "the ledger had no entries")
    world.identities = [Self.id(Self.ledger): Self.recorded]
    world.desired[Self.id(Self.ledger)] = nil
    #expect(world.plan()[Self.database]?.outcome == .create, "the ledger leaves")
  }

  @Test("A renamed ledger is missing too")
  func renamed() {
    var world = Self.lost
    world.desired[Self.id(Self.ledger)] = nil
    world.declare("Ledger/new", FakeSpec(facts: Self.missing()), uses: ["Database/platform"])
    world.hasApplied("Ledger/main", uses: ["Database/platform"])
    world.moves = [Move(from: Self.id(Self.ledger), to: Self.id("Ledger/new"))]
    let plan = world.plan()
    #expect(plan["Ledger/new"]?.outcome == .blocked && plan[Self.database]?.outcome == .blocked)
    #expect(plan[Self.ledger]?.waitingOn == "Ledger/new", "the record of the former name is kept")
  }
}
