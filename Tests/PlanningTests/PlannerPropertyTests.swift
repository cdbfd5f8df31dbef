import Model
import Planning
import RandomSupport
import Testing

/// Properties of all plans, over worlds that are generated from seeds.
@Suite struct PlannerPropertyTests {
  /// Up to 40 resources in all states, with references, of which former ones may form cycles.
  private func world(_ seed: UInt64) -> PlanningWorld {
    var numbers = SeededRandom(seed: seed)
    var world = PlanningWorld()
    let count = Int.random(in: 0...40, using: &numbers)
    let names = (0..<count).map { "Thing/t\($0)" }.shuffled(using: &numbers)
    func some(_ pool: ArraySlice<String>) -> [String] {
      (0..<Int.random(in: 0...3, using: &numbers)).compactMap { _ in pool.randomElement(using: &numbers) }
    }
    func fields() -> [String: Value] {
      [
        "image": .integer(.random(in: 0...1, using: &numbers)),
        "price": .integer(.random(in: 0...1, using: &numbers)),
      ]
    }
    let staying = names.prefix(count * 3 / 4)
    for (index, name) in names.enumerated() {
      if index >= staying.count || Bool.random(using: &numbers) {
        world.hasApplied(
          name, FakeState(fields: fields(), isRunning: .random(using: &numbers)), uses: some(names[...]))
      }
      if index < staying.count {
        let mode = ReconcileMode.allCases[[0, 0, 0, 0, 1, 2].randomElement(using: &numbers)!]
        var spec = FakeSpec(fields: fields())
        switch Int.random(in: 0..<12, using: &numbers) {
        case 0: spec.waits = "something"
        case 1: spec.rejects = "no"
        default: break
        }
        world.declare(name, spec, uses: some(staying.prefix(index)), mode: mode)
      }
      switch Int.random(in: 0..<10, using: &numbers) {
      case 0: world.hide(name)
      case 1: world.lose(name)
      default: break
      }
    }
    world.allowances.prune = .random(using: &numbers)
    return world
  }

  static let seeds = Array(1...SoakSeeds.count(400))

  @Test("Every plan is complete, ordered and safe", arguments: seeds)
  func everyPlanIsCompleteOrderedAndSafe(seed: UInt64) {
    let world = world(seed)
    let plan = world.plan()
    let expected = Set(world.desired.keys).union(world.inventory.keys)
    #expect(Set(plan.resources.map(\.id)) == expected, "each resource once, seed \(seed)")
    #expect(plan.resources.count == expected.count, "each resource once, seed \(seed)")
    expectOrdered(plan)
    let outcomes = Dictionary(uniqueKeysWithValues: plan.resources.map { ($0.id, $0) })
    for resource in plan.resources {
      if case .failure? = world.observations[resource.id] {
        #expect(resource.steps.isEmpty, "unknown yields no step: \(resource.id), seed \(seed)")
        #expect(
          resource.outcome == .unknown || resource.outcome == .paused, "\(resource.id), seed \(seed)")
      }
      if resource.outcome == .delete {
        #expect(resource.desired == nil && world.desired[resource.id] == nil, "seed \(seed)")
      }
      if let desired = resource.desired {
        #expect(
          Set(resource.dependsOn) == Set(desired.references.map(\.target)),
          "a staying resource depends on its references: \(resource.id), seed \(seed)")
        #expect(resource.dependsOn.allSatisfy { outcomes[$0]?.desired != nil }, "seed \(seed)")
      }
      #expect(resource.waitingOn?.isEmpty != true, "seed \(seed)")
    }
    if let firstLeaving = plan.resources.firstIndex(where: { $0.desired == nil }) {
      #expect(
        plan.resources[firstLeaving...].allSatisfy { $0.desired == nil }, "deletions come last, seed \(seed)")
    }
  }

  @Test("A plan does not depend on the order of its input", arguments: seeds.prefix(100))
  func planDoesNotDependOnInputOrder(seed: UInt64) {
    var world = world(seed)
    let first = world.plan()
    var numbers = SeededRandom(seed: seed &+ 1)
    // Dictionaries with another order of insertion and another capacity iterate in another order.
    func shuffled<T>(_ dictionary: [ResourceID: T]) -> [ResourceID: T] {
      var result: [ResourceID: T] = Dictionary(minimumCapacity: .random(in: 0...500, using: &numbers))
      for (key, value) in dictionary.shuffled(using: &numbers) { result[key] = value }
      return result
    }
    world.desired = shuffled(world.desired)
    world.inventory = shuffled(world.inventory)
    world.observations = shuffled(world.observations)
    let second = world.plan()
    #expect(first.json() == second.json(), "seed \(seed)")
    #expect(first.resources.map(\.dependsOn) == second.resources.map(\.dependsOn), "seed \(seed)")
    #expect(first.manifestDigest == second.manifestDigest, "seed \(seed)")
  }

  @Test("Repeated planning and executing converges", arguments: seeds)
  func repeatedPlanningConverges(seed: UInt64) {
    var world = world(seed)
    for round in 0... {
      let plan = world.plan()
      let acting = plan.resources.filter { resource in
        switch resource.outcome {
        case .create, .update, .replace, .run, .delete: resource.waitingOn == nil
        default: false
        }
      }
      if acting.isEmpty { break }
      #expect(round < 50, "still acting on \(acting.map(\.id)), seed \(seed)")
      guard round < 50 else { break }
      world.execute(plan)
      let done = Set(acting.map(\.id))
      for resource in world.plan().resources where done.contains(resource.id) {
        #expect(resource.outcome == .unchanged, "\(resource.id) was done, seed \(seed)")
      }
    }
  }

  @Test("Many resources are planned", arguments: [20_000])
  func manyResourcesArePlanned(count: Int) {
    var world = PlanningWorld()
    for index in 0..<count {
      world.settle("Thing/\(index)", uses: index >= 100 ? ["Thing/\(index % 100)"] : [])
    }
    let plan = world.plan()
    #expect(plan.summary[.unchanged] == count)
  }
}
