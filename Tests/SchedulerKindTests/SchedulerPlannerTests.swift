import KindTestSupport
import Model
import Placement
import Planning
import SchedulerKind
import Testing

/// The steps from what is recorded to what manifests declare.
@Suite struct SchedulerPlannerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    var json = "{}"
    var nodes: [String: ComputeOffer] = [:]
    var modules: [String: WorkOffer] = [:]
    var leaving: Set<String> = []
    let observed: @Sendable () -> SchedulerObserved?
    let steps: [String]
    var testDescription: String { reason }
  }

  private static func known(
    _ nodes: [String: ComputeOffer] = [:], _ modules: [String: WorkOffer] = [:],
    _ change: (inout SchedulerObserved) -> Void = { _ in }
  ) -> SchedulerObserved {
    var observed = SchedulerObserved(settings: RecordedSettings())
    for (name, offer) in nodes { observed.nodes[name] = .init(FleetNode(name, offer)) }
    for (name, offer) in modules { observed.modules[name] = .init(FleetModule(name, offer)) }
    change(&observed)
    return observed
  }

  private static let node = SchedulerFixture.compute()
  private static let gpus = SchedulerFixture.compute(gpus: 2)
  private static let work = SchedulerFixture.work()

  private static let settings =
    "latency 0.7, earnings 0.3, 2 nodes then overflow, 1 to 10 as process"

  static let cases: [Case] = [
    Case(
      reason: "no resource exists yet", nodes: ["a": node, "b": gpus], modules: ["echo": work],
      observed: { nil },
      steps: [
        "create schedule the jobs of Database/platform: \(settings)",
        "create open account/ada, account/wtfb", "create add Node/a, Node/b",
        "create add Module/echo",
      ]),
    Case(
      reason: "everything is recorded as declared", nodes: ["a": node], modules: ["echo": work],
      observed: { known(["a": node], ["echo": work]) }, steps: []),
    Case(
      reason: "an existing account is not opened again", nodes: ["a": node],
      observed: { known([:], [:]) { $0.missingAccounts = [] } },
      steps: ["create add Node/a"]),
    Case(
      reason: "changed weights are one update", json: #"{"weights":{"latency":0.5,"earnings":0.5}}"#,
      observed: { known() },
      steps: [
        "update change the settings: latency 0.5, earnings 0.5, 2 nodes then overflow, 1 to 10 as process "
          + "[weights.earnings weights.latency]"
      ]),
    Case(
      reason: "a cordoned node is updated", nodes: ["a": SchedulerFixture.compute(isSchedulable: false)],
      observed: { known(["a": node]) }, steps: ["update update Node/a [schedulable]"]),
    Case(
      reason: "a module with another image is updated",
      modules: ["echo": SchedulerFixture.work(image: Digest(of: "next"))],
      observed: { known([:], ["echo": work]) },
      steps: ["update update Module/echo [image]"]),
    Case(
      reason: "a node and a module that left are retired",
      observed: { known(["a": node], ["echo": work]) },
      steps: ["update retire Module/echo, Node/a: no new jobs, running attempts continue"]),
    Case(
      reason: "a node that is leaving is retired", nodes: ["a": node],
      leaving: ["a"], observed: { known(["a": node]) },
      steps: ["update retire Node/a: no new jobs, running attempts continue"]),
    Case(
      reason: "a retired node is not retired again",
      observed: { known(["a": node]) { $0.nodes["a"]?.isRetired = true } },
      steps: []),
    Case(
      reason: "a node that returns is restored as declared", nodes: ["a": gpus],
      observed: { known(["a": node]) { $0.nodes["a"]?.isRetired = true } },
      steps: ["update restore Node/a [gpuCount gpuMemory labels.tier]"]),
    Case(
      reason: "a node does not lose a GPU that is in use", nodes: ["a": SchedulerFixture.compute(gpus: 1)],
      observed: { known(["a": gpus]) { $0.nodes["a"]?.gpusInUse = 2 } }, steps: []),
    Case(
      reason: "a node loses a GPU that is idle", nodes: ["a": SchedulerFixture.compute(gpus: 1)],
      observed: { known(["a": gpus]) }, steps: ["update update Node/a [gpuCount]"]),
    Case(
      reason: "a database with another scheduler is not changed",
      observed: { SchedulerObserved(other: "second") },
      steps: ["waits: Database/platform has Scheduler/second, and a database has one scheduler"]),
  ]

  @Test("The plan has one step for each difference", arguments: cases)
  func steps(_ test: Case) throws {
    let scheduler = try SchedulerFixture.scheduler(test.json)
    let offers = SchedulerFixture.offers(nodes: test.nodes, modules: test.modules, leaving: test.leaving)
    let outcome = try SchedulerPlanner().plan(
      scheduler, test.observed(), Fixture.context(scheduler, offers: offers))
    let texts = outcome.steps.map { step in
      let fields = step.fields.map(\.path).joined(separator: " ")
      return "\(step.action) \(step.summary)" + (fields.isEmpty ? "" : " [\(fields)]")
    }
    #expect(texts + (outcome.waitingOn.map { ["waits: \($0)"] } ?? []) == test.steps)
  }

  @Test("Ten thousand nodes are one step") func manyNodes() throws {
    let nodes = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("node-\($0)", Self.node) })
    let scheduler = try SchedulerFixture.scheduler()
    let context = Fixture.context(scheduler, offers: SchedulerFixture.offers(nodes: nodes))
    let steps = try SchedulerPlanner().plan(scheduler, Self.known(), context).steps
    #expect(
      steps.map(\.summary) == ["add Node/node-0, Node/node-1, Node/node-10 and 9997 more"])
  }

  @Test("Foreign changes of the settings are drift, and a scheduler that leaves keeps the jobs")
  func drift() throws {
    let scheduler = try SchedulerFixture.scheduler()
    let changed = Self.known { $0.settings?.scheduling.latencyWeight = 1 }
    let context = Fixture.context(scheduler, lastApplied: scheduler, offers: SchedulerFixture.offers())
    let steps = try SchedulerPlanner().plan(scheduler, changed, context).steps
    #expect(steps.map(\.reason) == ["they were changed although the manifest did not change"])
    let leaving = try SchedulerPlanner().plan(nil, Self.known(["a": Self.node]), context).steps
    #expect(leaving.map(\.summary) == ["remove the settings of global; nodes, modules and jobs stay"])
    #expect(try SchedulerPlanner().plan(nil, nil, context).steps.isEmpty)
  }

  @Test("A scheduler stays in a database that has another name, and moves to no other one")
  func renamedDatabase() throws {
    let old = try SchedulerFixture.scheduler()
    let new = try SchedulerFixture.scheduler(#"{"database":"Database/store"}"#)
    let store = ResourceID(kind: "Database", name: "store")
    func plan(_ database: String, _ moves: Moves = Moves()) throws -> [String] {
      var offers = SchedulerFixture.offers()
      offers.add(.database(DatabaseOffer(address: .embedded(database: database))), from: store)
      let context = PlanContext(
        id: new.id, lastApplied: old.map { $0 },
        reconcile: Fixture.reconcileContext(offers: offers, moves: moves))
      return try SchedulerPlanner().plan(new, Self.known(), context).steps.map(\.summary)
    }
    #expect(try plan("platform").isEmpty)
    let moves = Moves([Move(from: ResourceID(kind: "Database", name: "platform"), to: store)])
    #expect(try plan("store", moves).isEmpty)
    #expect(throws: PlanError.self) { try plan("store") }
  }

  @Test("A scheduler that leaves with its database says that the jobs are dropped")
  func leavesWithDatabase() throws {
    let scheduler = try SchedulerFixture.scheduler()
    var offers = SchedulerFixture.offers()
    offers.leaving = [ResourceID(kind: "Database", name: "platform")]
    let context = Fixture.context(scheduler, lastApplied: scheduler, offers: offers)
    let steps = try SchedulerPlanner().plan(nil, Self.known(), context).steps
    #expect(
      steps.map(\.summary) == [
        "remove the settings of global; its nodes, modules and jobs are dropped with database platform"
      ])
  }

  @Test("A manifest cannot move jobs to another database") func movedDatabase() throws {
    let (old, new) = (
      try SchedulerFixture.scheduler(), try SchedulerFixture.scheduler(#"{"database":"Database/other"}"#)
    )
    let context = Fixture.context(new, lastApplied: old, offers: SchedulerFixture.offers())
    #expect(throws: PlanError.self) { try SchedulerPlanner().plan(new, nil, context) }
  }
}
