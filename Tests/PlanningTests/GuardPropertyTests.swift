import Model
import Planning
import RandomSupport
import Testing

/// Properties of plans with guards, over worlds that are generated from seeds.
@Suite struct GuardPropertyTests {
  private func world(_ seed: UInt64, withFacts: Bool = true) -> PlanningWorld {
    var numbers = SeededRandom(seed: seed)
    var world = PlanningWorld()
    let isStrict = Bool.random(using: &numbers)
    let environment = FakeSpec(
      requires: isStrict && withFacts ? ApprovalRequirement(count: 1, from: ["role/approver"]) : nil)
    world.hasApplied("Environment/dev", spec: environment)
    world.declare("Environment/dev", environment)
    let kinds = ["Node", "Module", "Service", "Database", "Thing"]
    var names = ["Environment/dev"]
    for index in 0..<Int.random(in: 1...30, using: &numbers) {
      let name = "\(kinds.randomElement(using: &numbers)!)/r\(index)"
      func spec() -> FakeSpec {
        let fields: [String: Value] = [
          "image": .integer(.random(in: 0...1, using: &numbers)),
          "price": .integer(.random(in: 0...1, using: &numbers)),
        ]
        let tier = ["gpu", "cpu"].randomElement(using: &numbers)!
        let (flag, number) = (Bool.random(using: &numbers), Int.random(in: 1...4, using: &numbers))
        guard withFacts else { return FakeSpec(fields: fields) }
        switch name.prefix(2) {
        case "No": return FakeSpec(fields: fields, offers: .node(tier, open: flag))
        case "Mo":
          return FakeSpec(fields: fields, facts: [.needsCompute(ComputeNeeds(labels: ["tier": tier]))])
        case "Se": return FakeSpec(fields: fields, facts: flag ? [.risksData(volumes: ["data"])] : [])
        case "Da": return FakeSpec(fields: fields, facts: [.schema(applied: number, declared: 2)])
        default: return FakeSpec(fields: fields)
        }
      }
      let (applied, desired) = (spec(), spec())
      let uses = (0..<Int.random(in: 0...2, using: &numbers)).compactMap { _ in
        names.randomElement(using: &numbers)
      }
      let fate = Int.random(in: 0..<8, using: &numbers)
      if fate > 0 {
        world.hasApplied(name, FakeState(fields: applied.fields), spec: applied)
      }
      if fate < 6 {
        world.declare(name, desired, uses: uses, mode: fate == 5 ? .observe : .enforce)
        names.append(name)
      }
      if Int.random(in: 0..<12, using: &numbers) == 0 { world.hide(name) }
    }
    return world
  }

  private func allowingEverything(_ world: PlanningWorld) -> PlanningWorld {
    var world = world
    world.allowances = Allowances(Set(GuardRule.allCases.filter(\.isAllowedByName).map { Allowance($0) }))
    world.allowances.approval = world.plan().approval(by: ["ada"])
    return world
  }

  /// A plan without its findings.
  private func bare(_ plan: Plan) -> [String] {
    plan.resources.map { resource in
      "\(resource.id) \(resource.outcome) \(resource.steps.map(\.summary)) \(resource.dependsOn) "
        + "\(resource.waitingOn ?? "–")"
    }
  }

  @Test(
    "With everything allowed, a plan equals the plan without guards", arguments: PlannerPropertyTests.seeds)
  func allowedPlanEqualsPlanWithoutGuards(
    seed: UInt64
  ) {
    let guarded = allowingEverything(world(seed)).plan()
    // The same world without facts, with any number of deletions allowed.
    var silent = world(seed, withFacts: false)
    silent.allowances = Allowances(prune: true)
    #expect(bare(guarded) == bare(silent.plan()), "seed \(seed)")
    #expect(guarded.resources.allSatisfy { $0.blockedBy.isEmpty }, "seed \(seed)")
  }

  @Test("A blocked resource and its dependents never run", arguments: PlannerPropertyTests.seeds)
  func blockedResourceNeverRuns(seed: UInt64) {
    let plan = world(seed).plan()
    let outcomes = Dictionary(uniqueKeysWithValues: plan.resources.map { ($0.id, $0) })
    for resource in plan.resources {
      #expect((resource.outcome == .blocked) == !resource.blockedBy.isEmpty, "\(resource.id), seed \(seed)")
      switch resource.outcome {
      case .create, .update, .replace, .run, .delete:
        let isOnHeld = resource.dependsOn.contains { outcomes[$0]?.outcome == .blocked }
        #expect(!isOnHeld || resource.waitingOn != nil, "\(resource.id) waits, seed \(seed)")
      default: break
      }
    }
  }

  @Test("Allowing less never runs more", arguments: PlannerPropertyTests.seeds)
  func allowingLessNeverRunsMore(seed: UInt64) {
    func acting(_ plan: Plan) -> Set<ResourceID> {
      Set(
        plan.resources.filter { $0.outcome != .blocked && $0.waitingOn == nil && !$0.steps.isEmpty }.map(\.id)
      )
    }
    let world = world(seed)
    let everything = acting(allowingEverything(world).plan())
    #expect(acting(world.plan()).isSubset(of: everything), "seed \(seed)")
  }

  @Test("Each finding can be allowed by the flag that it names", arguments: PlannerPropertyTests.seeds)
  func findingIsAllowedByItsFlag(seed: UInt64) throws {
    let world = world(seed)
    for resource in world.plan().resources {
      for finding in resource.blockedBy where finding.rule != .destructive {
        var allowing = world
        let words = finding.flag.split(separator: " ").map(String.init)
        allowing.allowances = Allowances([
          finding.flag == "--allow-prune"
            ? Allowance(.prune) : try #require(Allowance(words[1]), "\(finding.flag), seed \(seed)")
        ])
        let held = allowing.plan().resources.first { $0.id == resource.id }?.blockedBy ?? []
        #expect(!held.contains { $0.rule == finding.rule }, "\(finding.sentence), seed \(seed)")
      }
    }
  }
}
