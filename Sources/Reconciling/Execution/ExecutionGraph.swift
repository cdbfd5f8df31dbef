package import Model

/// The resources of a plan that may be worked on now. A value: the executor asks for the next part and
/// reports its result.
package struct ExecutionGraph: Sendable {
  /// The steps of a resource that run one after the other. A resource from which another one takes something
  /// has two parts, so that two resources can exchange what only one can have.
  package struct Part: Hashable, Sendable {
    package let id: ResourceID
    /// Indices into the steps of the resource's plan.
    package let steps: Range<Int>
    /// Whether no part of the resource comes after it.
    package let isLast: Bool

    package init(id: ResourceID, steps: Range<Int>, isLast: Bool) {
      self.id = id
      self.steps = steps
      self.isLast = isLast
    }
  }

  private struct Node: Hashable {
    let id: ResourceID
    var isRelease = false
  }

  private var parts: [Node: Part] = [:]
  private var pending: [Node: Set<Node>] = [:]
  private var dependents: [Node: [Node]] = [:]
  private var ready: [Node] = []
  private var nextReady = 0
  /// Resources that will not be worked on, each with the dependency that failed, is blocked, unknown or waits
  /// itself.
  package private(set) var skipped: [ResourceID: ResourceID] = [:]
  private var newlySkipped: [(id: ResourceID, because: ResourceID)] = []

  /// - Parameter isSatisfied: Whether a resource outside of this plan is as declared.
  package init(_ plan: Plan, isSatisfied: (ResourceID) -> Bool) {
    var plans: [ResourceID: ResourcePlan] = [:]
    for resource in plan.resources { plans[resource.id] = resource }
    let holders = Set(plan.resources.lazy.filter(\.isExecutable).flatMap(\.takesFrom))
    var order: [Node] = []
    var unmet: [(node: Node, dependency: ResourceID)] = []
    for resource in plan.resources where resource.isExecutable {
      var waitsFor: Set<Node> = []
      var missing: [ResourceID] = []
      for dependency in resource.dependsOn {
        guard let other = plans[dependency] else {
          if !isSatisfied(dependency) { missing.append(dependency) }
          continue
        }
        if other.isExecutable {
          waitsFor.insert(Node(id: dependency))
        } else if !other.isUsable {
          missing.append(dependency)
        }
      }
      let rest = Node(id: resource.id)
      let release = Node(id: resource.id, isRelease: true)
      let count = holders.contains(resource.id) ? resource.releaseCount : 0
      if count > 0 {
        parts[release] = Part(id: resource.id, steps: 0..<count, isLast: false)
        order.append(release)
        add(release, after: waitsFor)
        waitsFor.insert(release)
        unmet += missing.map { (release, $0) }
      }
      for holder in resource.takesFrom {
        guard let other = plans[holder], other.isExecutable, other.releaseCount > 0 else { continue }
        waitsFor.insert(Node(id: holder, isRelease: true))
      }
      parts[rest] = Part(id: resource.id, steps: count..<resource.steps.count, isLast: true)
      order.append(rest)
      add(rest, after: waitsFor)
      unmet += missing.map { (rest, $0) }
    }
    for (node, dependency) in unmet { skip(node, because: dependency) }
    ready = order.filter { pending[$0]?.isEmpty ?? false }
    for node in ready { pending[node] = nil }
  }

  private mutating func add(_ node: Node, after others: Set<Node>) {
    for other in others { dependents[other, default: []].append(node) }
    pending[node] = others
  }

  /// The next part to work on, in plan order; nil when none is ready.
  package mutating func next() -> Part? {
    guard nextReady < ready.count else { return nil }
    defer { nextReady += 1 }
    return parts[ready[nextReady]]
  }

  /// Reports the result of a part that `next` returned.
  package mutating func finish(_ part: Part, succeeded: Bool) {
    let node = Node(id: part.id, isRelease: !part.isLast)
    for dependent in dependents[node] ?? [] {
      guard succeeded else {
        skip(dependent, because: part.id)
        continue
      }
      pending[dependent]?.remove(node)
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

  /// A resource whose own first part failed is not noted as skipped.
  private mutating func skip(_ node: Node, because dependency: ResourceID) {
    var rest = [(node, dependency)]
    while let (node, dependency) = rest.popLast() {
      guard pending.removeValue(forKey: node) != nil else { continue }
      if node.id != dependency, !node.isRelease {
        skipped[node.id] = dependency
        newlySkipped.append((node.id, dependency))
      }
      rest.append(contentsOf: (dependents[node] ?? []).map { ($0, node.isRelease ? dependency : node.id) })
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
