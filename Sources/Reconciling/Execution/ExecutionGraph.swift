package import Model

/// Which resources of a plan may be worked on now. A value: the executor asks, acts and reports back.
package struct ExecutionGraph: Sendable {
  /// Why a resource is not worked on.
  package enum Obstacle: Hashable, Sendable {
    /// This resource failed, is blocked, unknown or waiting itself.
    case resource(ResourceID)
  }

  private var pending: [ResourceID: Set<ResourceID>] = [:]
  private var dependents: [ResourceID: [ResourceID]] = [:]
  private var ready: [ResourceID] = []
  private var nextReady = 0
  /// Resources that will not be worked on, with the first reason found.
  package private(set) var skipped: [ResourceID: Obstacle] = [:]
  private var untold: [(id: ResourceID, because: ResourceID)] = []

  /// - Parameter isSatisfied: whether a resource outside this plan is as declared.
  package init(_ plan: Plan, isSatisfied: (ResourceID) -> Bool) {
    var outcomes: [ResourceID: ResourcePlan] = [:]
    for resource in plan.resources {
      outcomes[resource.id] = resource
    }
    var obstacles: [(ResourceID, Obstacle)] = []
    for resource in plan.resources where resource.isExecutable {
      var waitsFor: Set<ResourceID> = []
      for dependency in resource.dependsOn {
        guard let other = outcomes[dependency] else {
          if !isSatisfied(dependency) { obstacles.append((resource.id, .resource(dependency))) }
          continue
        }
        if other.isExecutable {
          waitsFor.insert(dependency)
        } else if !other.isSettled {
          obstacles.append((resource.id, .resource(dependency)))
        }
      }
      for dependency in waitsFor { dependents[dependency, default: []].append(resource.id) }
      pending[resource.id] = waitsFor
    }
    for (id, obstacle) in obstacles { skip(id, because: obstacle) }
    ready = plan.resources.map(\.id).filter { pending[$0]?.isEmpty ?? false }
    for id in ready { pending[id] = nil }
  }

  /// The next resource to work on, in plan order; nil when all that can be worked on is taken.
  package mutating func next() -> ResourceID? {
    guard nextReady < ready.count else { return nil }
    defer { nextReady += 1 }
    return ready[nextReady]
  }

  /// Tells what became of a resource that `next` gave out.
  package mutating func finish(_ id: ResourceID, succeeded: Bool) {
    for dependent in dependents[id] ?? [] {
      guard succeeded else {
        skip(dependent, because: .resource(id))
        continue
      }
      pending[dependent]?.remove(id)
      if pending[dependent]?.isEmpty ?? false {
        pending[dependent] = nil
        ready.append(dependent)
      }
    }
  }

  /// What was skipped since this was asked last.
  mutating func takeSkipped() -> [(id: ResourceID, because: ResourceID)] {
    defer { untold = [] }
    return untold
  }

  private mutating func skip(_ id: ResourceID, because obstacle: Obstacle) {
    var rest = [(id, obstacle)]
    while let (id, obstacle) = rest.popLast() {
      guard pending.removeValue(forKey: id) != nil else { continue }
      skipped[id] = obstacle
      if case .resource(let other) = obstacle { untold.append((id, other)) }
      rest.append(contentsOf: (dependents[id] ?? []).map { ($0, .resource(id)) })
    }
  }
}

extension ResourcePlan {
  /// Whether the executor has anything to do: steps to run, or a removed resource to forget.
  package var isExecutable: Bool {
    switch outcome {
    case .create, .update, .replace, .run, .delete: true
    case .unchanged, .waiting, .blocked, .unknown, .invalid, .drifted, .paused: false
    }
  }

  /// Whether others may build on it as it is.
  var isSettled: Bool {
    switch outcome {
    case .unchanged, .paused, .drifted: true
    default: false
    }
  }
}
