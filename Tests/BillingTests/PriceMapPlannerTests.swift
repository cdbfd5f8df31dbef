import Billing
import KindTestSupport
import Manifests
import Model
import Planning
import RandomSupport
import Testing

@Suite struct PriceMapPlannerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    let desired: String?
    let observed: [PriceEntry]?
    /// The summary and fields of the step; nil: up to date.
    let step: String?
    var fields: [String] = []
    var risk = Risk.safe
    var testDescription: String { reason }
  }

  static let usd10 = entry("pack10", 100, amount: 10)

  static let table: [Row] = [
    Row(
      reason: "a map that was never recorded is recorded whole",
      desired: #"{"prices":{"pack10":{"credits":100,"amount":10.00},"pack50":{"credits":550}}}"#,
      observed: nil, step: "record 2 prices of packs"),
    Row(
      reason: "a map that is recorded as declared is up to date",
      desired: #"{"prices":{"pack10":{"credits":100,"amount":10.00}}}"#, observed: [usd10], step: nil),
    Row(
      reason: "ten and 10.00 are the same amount",
      desired: #"{"prices":{"pack10":{"credits":100.0,"amount":10}}}"#, observed: [usd10], step: nil),
    Row(
      reason: "a changed price has its old and new value",
      desired: #"{"prices":{"pack10":{"credits":110,"amount":10.00}}}"#, observed: [usd10],
      step: "change 1 price of packs", fields: ["prices.pack10.credits 100 → 110"]),
    Row(
      reason: "a price that left the map is closed and gives no credits: disruptive",
      desired: #"{"prices":{"pack10":{"credits":100,"amount":10.00}}}"#,
      observed: [usd10, entry("pack50", 550)], step: "close 1 price of packs",
      fields: ["prices.pack50.credits 550 → none"], risk: .disruptive),
    Row(
      reason: "change, addition and closing are one step, so one transaction",
      desired: #"{"prices":{"a":{"credits":2},"c":{"credits":3}}}"#,
      observed: [entry("a", 1), entry("b", 1)], step: "change 1 price, add 1 price, close 1 price of packs",
      fields: ["prices.a.credits 1 → 2", "prices.b.credits 1 → none", "prices.c.credits none → 3"],
      risk: .disruptive),
    Row(
      reason: "an effective time changes every price of the map",
      desired: #"{"effective":"2026-12-01T00:00:00Z","prices":{"pack10":{"credits":100,"amount":10}}}"#,
      observed: [usd10], step: "change 1 price of packs",
      fields: ["effective none → 2026-12-01T00:00:00Z"]),
    Row(
      reason: "a currency that was changed by hand is restored",
      desired: #"{"prices":{"pack10":{"credits":100,"amount":10}}}"#,
      observed: [entry("pack10", 100, amount: 10, currency: "eur")], step: "change 1 price of packs",
      fields: ["currency eur → usd"]),
    Row(
      reason: "a map that left the manifests is closed; nothing is deleted",
      desired: nil, observed: [usd10], step: "close 1 price of packs; their history is kept",
      risk: .disruptive),
    Row(
      reason: "a map that left and has no current price is up to date", desired: nil, observed: nil, step: nil
    ),
  ]

  @Test("Plans the steps of a change", arguments: table) func plansChange(_ row: Row) throws {
    let outcome = try plan(row.desired, row.observed.map { PriceMapObserved(entries: $0) })
    #expect(outcome.steps.first?.summary == row.step)
    #expect(outcome.steps.count <= 1)
    guard let step = outcome.steps.first else { return }
    #expect(step.fields.map(text) == row.fields)
    #expect(step.risk == row.risk)
  }

  @Test("Waits for a price of another map") func waitsForPriceOfOtherMap() throws {
    let observed = PriceMapObserved(entries: [], heldElsewhere: ["pack10": "old"])
    let outcome = try plan(#"{"prices":{"pack10":{"credits":100}}}"#, observed)
    #expect(
      outcome.waitingOn
        == "pack10 belongs to PriceMap/old and is also claimed by PriceMap/packs; "
        + "remove it from one of them, "
        + "or, for a map with a new name, write the annotation `rendertrust.com/moved-from: PriceMap/old`")
  }

  @Test("Closes its own prices while it waits for those of another map") func closesOwnPricesWhileWaiting()
    throws
  {
    let observed = PriceMapObserved(entries: [entry("b", 1)], heldElsewhere: ["a": "other"])
    let steps = try plan(#"{"prices":{"a":{"credits":1}}}"#, observed).steps
    #expect(steps.map(\.operation) == [.write(entries: [], close: ["b"])])
    let ledger = ResourceID(kind: "Database", name: "ledger")
    let moved = PriceMapObserved(entries: [], heldElsewhere: ["a": "other"], leftBehind: [ledger: ["b"]])
    #expect(
      try plan(#"{"prices":{"a":{"credits":1}}}"#, moved).steps.map(\.operation)
        == [.leave(ledger, close: ["b"])])
  }

  @Test("Closes the prices in another database") func closesPricesInOtherDatabase() throws {
    let ledger = ResourceID(kind: "Database", name: "ledger")
    let observed = PriceMapObserved(entries: [entry("a", 1)], leftBehind: [ledger: ["a", "b"]])
    let leave = PriceMapOperation.leave(ledger, close: ["a", "b"])
    #expect(try plan(#"{"prices":{"a":{"credits":1}}}"#, observed).steps.map(\.operation) == [leave])
    #expect(try plan(nil, observed).steps.map(\.operation) == [.write(entries: [], close: ["a"]), leave])
  }

  @Test("A map is renamed together with its database") func renamedWithDatabase() throws {
    let old = try Fixture.resource(
      PriceMapSpec.self, "packs", #"{"database":"Database/ledger","prices":{"a":{"credits":1}}}"#)
    let new = try Fixture.resource(PriceMapSpec.self, "bundles", #"{"prices":{"a":{"credits":1}}}"#)
    func plan(_ former: String, _ moves: Moves = Moves()) throws -> [PriceMapOperation] {
      var offers = World.context.offers
      offers.add(.database(DatabaseOffer(address: .embedded(database: former))), from: old.spec.database.id)
      let context = PlanContext(
        id: new.id, lastApplied: nil, reconcile: Fixture.reconcileContext(offers: offers, moves: moves),
        movedFrom: old.map { $0 })
      let observed = PriceMapObserved(entries: [], former: [entry("a", 1)])
      return try PriceMapPlanner().plan(new, observed, context).steps.map(\.operation)
    }
    #expect(try plan("platform") == [.rename(from: "packs")])
    let moves = Moves([Move(from: old.spec.database.id, to: new.spec.database.id)])
    #expect(try plan("ledger", moves) == [.rename(from: "packs")])
    #expect(throws: PlanError.self) { try plan("ledger") }
  }

  @Test("Distinguishes drift from a changed manifest") func distinguishesDriftFromChange() throws {
    let desired = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"pack10":{"credits":110}}}"#)
    let observed = PriceMapObserved(entries: [entry("pack10", 100)])
    let drift = try PriceMapPlanner().plan(desired, observed, Fixture.context(desired, lastApplied: desired))
    #expect(
      drift.steps.first?.reason == "the recorded prices differ from the manifest, which did not change")
    let older = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"pack10":{"credits":100}}}"#)
    let change = try PriceMapPlanner().plan(desired, observed, Fixture.context(desired, lastApplied: older))
    #expect(change.steps.first?.reason == "the manifest changed")
  }

  /// The step writes the declared entries, for generated maps and rows.
  @Test("Applied steps leave an empty plan", arguments: 1...200) func appliedStepsLeaveEmptyPlan(seed: Int)
    throws
  {
    var random = SeededRandom(seed: UInt64(seed))
    let desired = randomMap(&random)
    var world = Dictionary(
      uniqueKeysWithValues: randomMap(&random).spec.entries.map { ($0.priceID, $0) })
    for _ in 0..<2 {
      let observed = PriceMapObserved(entries: world.values.sorted(by: <))
      let outcome = try PriceMapPlanner().plan(desired, observed, Fixture.context(desired))
      for step in outcome.steps {
        guard case .write(let entries, let close) = step.operation else { continue }
        for price in close { world[price] = nil }
        for entry in entries { world[entry.priceID] = entry }
      }
    }
    #expect(world.values.sorted(by: <) == desired.spec.entries, "seed \(seed)")
    let observed = PriceMapObserved(entries: world.values.sorted(by: <))
    let again = try PriceMapPlanner().plan(desired, observed, Fixture.context(desired))
    #expect(again.steps.isEmpty, "seed \(seed)")
  }

  private func plan(_ json: String?, _ observed: PriceMapObserved?) throws -> PlanOutcome<PriceMapOperation> {
    let any = try Fixture.resource(PriceMapSpec.self, "packs", json ?? #"{"prices":{"x":{"credits":1}}}"#)
    return try PriceMapPlanner().plan(json == nil ? nil : any, observed, Fixture.context(any))
  }

  private func text(_ change: FieldChange) -> String {
    "\(change.path) \(change.from?.plainText ?? "none") → \(change.to?.plainText ?? "none")"
  }
}

func entry(
  _ price: String, _ credits: Int64, amount: Int64? = nil, currency: String = "usd",
  effective: Timestamp? = nil
) -> PriceEntry {
  PriceEntry(
    price, credits: Credits(micro: credits * 1_000_000),
    amountTenThousandths: amount.map { $0 * 10_000 }, currency: currency, effective: effective)
}

private func randomMap(_ random: inout SeededRandom) -> Resource<PriceMapSpec> {
  var spec = PriceMapSpec()
  for _ in 0...Int.random(in: 0...5, using: &random) {
    var price = PriceSpec()
    price.credits = Credits(micro: Int64.random(in: 1...3, using: &random) * 1_000_000)
    spec.prices["p\(Int.random(in: 0...7, using: &random))"] = price
  }
  if Bool.random(using: &random) { spec.effective = Fixture.now }
  return Resource(
    id: ResourceID(kind: "PriceMap", name: "packs"), metadata: Metadata(), spec: spec, references: [],
    location: nil, digest: Digest(of: spec.value))
}
