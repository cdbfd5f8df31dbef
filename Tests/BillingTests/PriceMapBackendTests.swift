import Billing
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import PostgresSupport
import Reconciling
import Testing

/// The backend and the planner together, against a real server.
@Suite struct PriceMapBackendTests {
  @Test("Records, changes and repairs a map") func recordsChangesAndRepairsMap() async throws {
    try await World.with { world in
      let first = try Fixture.resource(
        PriceMapSpec.self, "packs",
        #"{"prices":{"pack10":{"credits":100,"amount":10},"pack50":{"credits":550}}}"#)
      #expect(try await world.converge(first) == ["record 2 prices of packs"])
      #expect(try await world.converge(first) == [])

      let second = try Fixture.resource(
        PriceMapSpec.self, "packs",
        #"{"prices":{"pack10":{"credits":110,"amount":10},"pack50":{"credits":550}}}"#)
      #expect(try await world.converge(second) == ["change 1 price of packs"])
      #expect(try await world.history("pack10") == ["100000000 superseded", "110000000 current"])
      #expect(try await world.history("pack50") == ["550000000 current"])

      try await world.pool.query("DELETE FROM price_map_entries WHERE price_id = 'pack50'")
      #expect(try await world.converge(second) == ["add 1 price of packs"])
      try await world.pool.query("UPDATE price_map_entries SET credits_micro = 1 WHERE superseded_at IS NULL")
      #expect(try await world.converge(second) == ["change 2 prices of packs"])
      #expect(try await world.converge(second) == [])

      #expect(
        try await world.converge(second, leaves: true) == ["close 2 prices of packs; their history is kept"])
      #expect(try await world.converge(second, leaves: true) == [])
      #expect(try await world.history("pack10").allSatisfy { $0.hasSuffix("superseded") })
    }
  }

  @Test("A renamed map keeps its prices in force, with their history") func renamesMap() async throws {
    try await World.with { world in
      let first = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      let old = try Fixture.resource(
        PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":2},"b":{"credits":5}}}"#)
      for map in [first, old] { _ = try await world.converge(map) }
      let new = try Fixture.resource(
        PriceMapSpec.self, "bundles", #"{"prices":{"a":{"credits":3},"b":{"credits":5}}}"#)
      let context = Fixture.reconcileContext(
        offers: World.context.offers, moves: Moves([Move(from: old.id, to: new.id)]))
      let kind = KindFixture(PriceMapPlanner(), world.backend)
      #expect(
        try await kind.apply(new.id, new, movedFrom: old, in: context).map(\.summary) == [
          "rename 2 prices of packs to bundles", "change 1 price of bundles",
        ])
      #expect(try await kind.apply(new.id, new, movedFrom: old, in: context).isEmpty)
      #expect(try await kind.apply(old.id, nil, lastApplied: old, in: context).isEmpty)
      #expect(
        try await world.history("a") == ["1000000 superseded", "2000000 superseded", "3000000 current"])
      #expect(try await world.history("b") == ["5000000 current"])
      let left = try await world.pool.query("SELECT 1 FROM price_map_entries WHERE map = 'packs'")
      #expect(left.isEmpty)
    }
  }

  @Test("A renamed map does not take prices of another database") func renameStaysInDatabase() throws {
    let old = try Fixture.resource(
      PriceMapSpec.self, "packs", #"{"database":"Database/ledger","prices":{"a":{"credits":1}}}"#)
    let new = try Fixture.resource(PriceMapSpec.self, "bundles", #"{"prices":{"a":{"credits":1}}}"#)
    let context = PlanContext(
      id: new.id, lastApplied: nil, reconcile: World.context, movedFrom: old.map { $0 })
    let error = #expect(throws: PlanError.self) { try PriceMapPlanner().plan(new, nil, context) }
    #expect(error?.message.contains("which are in Database/ledger") == true)
  }

  /// Both names refer to the same database here, so the prices left behind are the current ones.
  @Test("Closes the prices in a former database") func closesPricesInFormerDatabase() async throws {
    try await World.with { world in
      let (old, new) = (
        try Fixture.resource(
          PriceMapSpec.self, "packs", #"{"database":"Database/ledger","prices":{"a":{"credits":1}}}"#),
        try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      )
      var offers = World.context.offers
      let ledger = ResourceID(kind: "Database", name: "ledger")
      offers.add(.database(DatabaseOffer(address: .embedded(database: "ledger"))), from: ledger)
      let context = Fixture.reconcileContext(offers: offers)
      try await world.apply(.write(entries: old.spec.entries, close: []), new)
      let subject = Subject(id: new.id, desired: new, lastApplied: old)
      let seen = try await world.backend.observe([subject], in: context)[new.id]?.get() ?? nil
      #expect(seen?.leftBehind == [ledger: ["a"]])
      try await world.backend.apply(.leave(ledger, close: ["a"]), to: subject, in: context)
      #expect(try await world.history("a") == ["1000000 superseded"])
    }
  }

  @Test("A map whose database has another name keeps its prices in force", arguments: [false, true])
  func renamedDatabaseKeepsPrices(isMove: Bool) async throws {
    try await World.with { world in
      let old = try Fixture.resource(
        PriceMapSpec.self, "packs", #"{"database":"Database/ledger","prices":{"a":{"credits":1}}}"#)
      let new = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      var offers = World.context.offers
      offers.add(
        .database(DatabaseOffer(address: .embedded(database: isMove ? "ledger" : "platform"))),
        from: old.spec.database.id)
      let moves = Moves(isMove ? [Move(from: old.spec.database.id, to: new.spec.database.id)] : [])
      let context = Fixture.reconcileContext(offers: offers, moves: moves)
      try await world.apply(.write(entries: old.spec.entries, close: []), new)
      let kind = KindFixture(PriceMapPlanner(), world.backend)
      #expect(try await kind.apply(new.id, new, lastApplied: old, in: context).isEmpty)
      #expect(try await world.history("a") == ["1000000 current"])
    }
  }

  @Test("A repeated step writes nothing") func repeatedStepWritesNothing() async throws {
    try await World.with { world in
      let map = try Fixture.resource(
        PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1},"b":{"credits":2}}}"#)
      let write = PriceMapOperation.write(entries: map.spec.entries, close: ["gone"])
      for _ in 0..<3 { try await world.apply(write, map) }
      #expect(try await world.count("price_map_entries") == 2)
    }
  }

  @Test("The old price stays in force until the new one takes effect") func oldPriceStaysInForce()
    async throws
  {
    try await World.with { world in
      let now = #"{"prices":{"a":{"credits":1}}}"#
      let later = #"{"effective":"2100-01-01T00:00:00Z","prices":{"a":{"credits":2}}}"#
      let evenLater = #"{"effective":"2101-01-01T00:00:00Z","prices":{"a":{"credits":2}}}"#
      for spec in [now, later, evenLater] {
        _ = try await world.converge(try Fixture.resource(PriceMapSpec.self, "packs", spec))
      }
      #expect(try await world.inForce("a", at: "2050-01-01T00:00:00Z") == [1_000_000])
      #expect(try await world.inForce("a", at: "2100-06-01T00:00:00Z") == [1_000_000])
      #expect(try await world.inForce("a", at: "2101-06-01T00:00:00Z") == [2_000_000])
    }
  }

  @Test("Two maps cannot have one price") func twoMapsCannotHavePrice() async throws {
    try await World.with { world in
      let packs = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      let offers = try Fixture.resource(PriceMapSpec.self, "offers", #"{"prices":{"a":{"credits":2}}}"#)
      _ = try await world.converge(packs)

      let error = await #expect(throws: BackendError.self) {
        try await world.apply(.write(entries: offers.spec.entries, close: []), offers)
      }
      #expect(error?.message == "a of PriceMap/offers already belongs to PriceMap/packs")

      let outcome = try await world.plan(offers)
      #expect(outcome.waitingOn?.contains("PriceMap/packs and is also claimed by PriceMap/offers") == true)
      #expect(outcome.waitsFor == [ResourceID(kind: "PriceMap", name: "packs")])

      // The second map gets the price once the first has closed it.
      _ = try await world.converge(packs, leaves: true)
      #expect(try await world.converge(offers) == ["record 1 price of offers"])
    }
  }

  @Test("There are no prices before the table exists") func noPricesBeforeTable() async throws {
    try await TestDatabase.with { pool in
      let world = World(pool: pool)
      let map = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      #expect(try await world.observe(map) == nil)
    }
  }

  /// The table is that of another version, with a price in force.
  @Test("A missing column is not proven absence") func missingColumnIsNotAbsence() async throws {
    try await World.with { world in
      let map = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      _ = try await world.converge(map)
      try await world.pool.query("ALTER TABLE price_map_entries RENAME COLUMN currency TO former_currency")
      let subject = Subject(id: map.id, desired: map, lastApplied: map)
      let answers = await world.backend.observe([subject], in: World.context)
      guard case .failure(let error)? = answers[map.id] else {
        Issue.record("a table of another version was treated as an empty one")
        return
      }
      #expect(error.code == "postgres.incompatible" && error.description.contains("rendertrust apply"))
    }
  }

  @Test("A missing server is not proven absence") func missingServerIsNotAbsence() async throws {
    let map = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
    let nowhere = PostgresPool(PostgresConfiguration(socketFolder: "/nonexistent", database: "x"))
    let backend = PriceMapBackend { _ in nowhere }
    let subject = Subject(id: map.id, desired: map, lastApplied: nil)
    let answers = await backend.observe([subject], in: World.context)
    guard case .failure(let error)? = answers[map.id] else {
      Issue.record("an unreachable server was treated as an empty one")
      return
    }
    #expect(error.code == "postgres.unreachable")
  }

  /// Sixteen concurrent writers; every map is observed at once.
  @Test("Records and observes many maps") func recordsAndObservesManyMaps() async throws {
    try await World.with { world in
      let maps = try (0..<600).map { number in
        try Fixture.resource(
          PriceMapSpec.self, "map-\(number)",
          #"{"prices":{"a\#(number)":{"credits":\#(number + 1)},"b\#(number)":{"credits":1,"amount":0.50}}}"#)
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for start in 0..<16 {
          group.addTask {
            for map in stride(from: start, to: maps.count, by: 16).map({ maps[$0] }) {
              try await world.apply(.write(entries: map.spec.entries, close: []), map)
            }
          }
        }
        try await group.waitForAll()
      }
      let subjects = maps.map { Subject(id: $0.id, desired: $0, lastApplied: nil) }
      let answers = await world.backend.observe(subjects, in: World.context)
      for map in maps {
        let seen = try answers[map.id]?.get()
        #expect(seen == PriceMapObserved(entries: map.spec.entries))
      }
    }
  }
}

/// A database with the table of prices, and a small control loop: observe, plan, apply.
struct World: Sendable {
  let pool: PostgresPool

  static func with(_ body: (World) async throws -> Void) async throws {
    try await TestDatabase.with(connections: 16) { pool in
      try await Migrations(Billing.migrations).apply(to: pool)
      try await body(World(pool: pool))
    }
  }

  var backend: PriceMapBackend {
    let pool = pool
    return PriceMapBackend { _ in pool }
  }

  static let context: ReconcileContext = {
    var offers = Offers()
    offers.add(
      .database(DatabaseOffer(address: .embedded(database: "platform"))),
      from: ResourceID(kind: "Database", name: "platform"))
    return Fixture.reconcileContext(offers: offers)
  }()

  func observe(_ map: Resource<PriceMapSpec>, leaves: Bool = false) async throws -> PriceMapObserved? {
    let subject = Subject(id: map.id, desired: leaves ? nil : map, lastApplied: leaves ? map : nil)
    return try await backend.observe([subject], in: World.context)[map.id]?.get() ?? nil
  }

  func plan(_ map: Resource<PriceMapSpec>, leaves: Bool = false) async throws -> PlanOutcome<
    PriceMapOperation
  > {
    try PriceMapPlanner().plan(
      leaves ? nil : map, try await observe(map, leaves: leaves), Fixture.context(map))
  }

  func apply(_ operation: PriceMapOperation, _ map: Resource<PriceMapSpec>) async throws {
    try await backend.apply(
      operation, to: Subject(id: map.id, desired: map, lastApplied: nil), in: World.context)
  }

  /// Returns the summaries of the applied steps.
  func converge(_ map: Resource<PriceMapSpec>, leaves: Bool = false) async throws -> [String] {
    let steps = try await plan(map, leaves: leaves).steps
    for step in steps { try await apply(step.operation, map) }
    return steps.map(\.summary)
  }

  func history(_ price: String) async throws -> [String] {
    let rows = try await pool.query(
      """
      SELECT credits_micro || CASE WHEN superseded_at IS NULL THEN ' current' ELSE ' superseded' END
      FROM price_map_entries WHERE price_id = $1 ORDER BY id
      """, [.text(price)])
    return try rows.map { try $0.text(0) }
  }

  func inForce(_ price: String, at time: String) async throws -> [Int64] {
    let rows = try await pool.query(
      """
      SELECT credits_micro FROM price_map_entries
      WHERE price_id = $1 AND greatest(effective_from, recorded_at) <= $2::timestamptz
        AND (superseded_at IS NULL OR superseded_at > $2::timestamptz)
      """, [.text(price), .text(time)])
    return try rows.map { try $0.int(0) }
  }

  func count(_ table: String) async throws -> Int64 {
    try await pool.query("SELECT count(*) FROM \(table)").only().int(0)
  }
}
