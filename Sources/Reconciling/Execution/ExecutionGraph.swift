package import Model

/// The resources of a plan that may be worked on now. A value: the executor asks for the next one and reports
/// the result.
package struct ExecutionGraph: Sendable {
  private var pending: [ResourceID: Set<ResourceID>] = [:]
  private var dependents: [ResourceID: [ResourceID]] = [:]
  private var ready: [ResourceID] = []
  private var nextReady = 0
  /// Resources that will not be worked on, each with the dependency that failed, is blocked, unknown or waits
  /// itself.
  package private(set) var skipped: [ResourceID: ResourceID] = [:]
  private var newlySkipped: [(id: ResourceID, because: ResourceID)] = []

  /// - Parameter isSatisfied: Whether a resource outside of this plan is as declared.
  package init(_ plan: Plan, isSatisfied: (ResourceID) -> Bool) {
    var plans: [ResourceID: ResourcePlan] = [:]
    for resource in plan.resources { plans[resource.id] = resource }
    var unmet: [(id: ResourceID, dependency: ResourceID)] = []
    for resource in plan.resources where resource.isExecutable {
      var waitsFor: Set<ResourceID> = []
      for dependency in resource.dependsOn {
        guard let other = plans[dependency] else {
          if !isSatisfied(dependency) { unmet.append((resource.id, dependency)) }
          continue
        }
        if other.isExecutable {
          waitsFor.insert(dependency)
        } else if !other.isUsable {
          unmet.append((resource.id, dependency))
        }
      }
      for dependency in waitsFor { dependents[dependency, default: []].append(resource.id) }
      pending[resource.id] = waitsFor
    }
    for (id, dependency) in unmet { skip(id, because: dependency) }
    ready = plan.resources.map(\.id).filter { pending[$0]?.isEmpty ?? false }
    for id in ready { pending[id] = nil }
  }

  /// The next resource to work on, in plan order; nil when none is ready.
  package mutating func next() -> ResourceID? {
    guard nextReady < ready.count else { return nil }
    defer { nextReady += 1 }
    return ready[nextReady]
  }

  /// Reports the result of a resource that `next` returned.
  package mutating func finish(_ id: ResourceID, succeeded: Bool) {
    for dependent in dependents[id] ?? [] {
      guard succeeded else {
        skip(dependent, because: id)
        continue
      }
      pending[dependent]?.remove(id)
      if pending[dependent]?.isEmpty ?? false {
        pending[dependent] = nil
        ready.append(dependent)
      }
    }
  }

  /// Removes and returns what was skipped since the last call.
  mutating func takeSkipped() -> [(id: ResourceID, because: ResourceID)] {
    defer { newlySkipped = [] }
    return newlySkipped
  }

  private mutating func skip(_ id: ResourceID, because dependency: ResourceID) {
    var rest = [(id, dependency)]
    while let (id, dependency) = rest.popLast() {
      guard pending.removeValue(forKey: id) != nil else { continue }
      skipped[id] = dependency
      newlySkipped.append((id, dependency))
      rest.append(contentsOf: (dependents[id] ?? []).map { ($0, id) })
    }
  }
}

extension ResourcePlan {
  /// Whether others may be built on it as it is.
  var isUsable: Bool {
    switch outcome {
    case .unchanged, .paused, .drifted: true
    default: false
    }
  }
}
