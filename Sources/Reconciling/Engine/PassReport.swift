package import Model

/// What one pass did and found.
package struct PassReport: Sendable {
  package let plan: Plan
  package let results: [ResourceID: Executor.Result]
  package let findings: [ResourceID: ResourceFinding]

  /// Whether another pass could get further: something was done, and something waits without having failed.
  package var mayGoOn: Bool {
    results.values.contains(.done) && !waiting.isEmpty
  }

  var hasFailures: Bool { findings.values.contains { $0.status.failures > 0 } }

  /// Resources that were neither done nor failed, with those that were not begun because of them.
  package var waiting: Set<ResourceID> {
    var waiting: Set<ResourceID> = []
    for resource in plan.resources {
      let reason = findings[resource.id]?.status.condition(.blocked).flatMap { $0.status ? $0.reason : nil }
      if resource.outcome == .waiting || resource.outcome == .unknown || reason == "Waiting" {
        waiting.insert(resource.id)
      }
    }
    var roots: [ResourceID: Bool] = [:]
    for id in results.keys where waits(id, on: waiting, &roots) { waiting.insert(id) }
    return waiting
  }

  /// Whether what keeps a resource from being begun is only waiting itself. Follows the chain of those skipped.
  private func waits(_ id: ResourceID, on waiting: Set<ResourceID>, _ roots: inout [ResourceID: Bool]) -> Bool
  {
    var chain: [ResourceID] = []
    var current = id
    var answer = false
    while true {
      if let known = roots[current] {
        answer = known
        break
      }
      guard case .skipped(let other)? = results[current] else {
        answer = !chain.isEmpty && waiting.contains(current)
        break
      }
      chain.append(current)
      current = other
    }
    for id in chain { roots[id] = answer }
    return answer && !chain.isEmpty
  }
}
