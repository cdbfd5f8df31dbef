package import Model

/// The results and findings of one pass.
package struct PassReport: Sendable {
  package let plan: Plan
  package let results: [ResourceID: Executor.Result]
  package let findings: [ResourceID: ResourceFinding]

  /// Whether another pass could make progress: something was done, and something waits without having failed.
  package var canContinue: Bool {
    results.values.contains(.done) && !waiting.isEmpty
  }

  var hasFailures: Bool { findings.values.contains { $0.status.failures > 0 } }

  /// Resources that were neither done nor failed, with those that were skipped because of them.
  package var waiting: Set<ResourceID> {
    var waiting: Set<ResourceID> = []
    for resource in plan.resources {
      if resource.outcome == .waiting || resource.outcome == .unknown
        || findings[resource.id]?.status.blockedReason == .waiting
      {
        waiting.insert(resource.id)
      }
    }
    var roots: [ResourceID: Bool] = [:]
    for id in results.keys where isSkipped(id, becauseOf: waiting, &roots) { waiting.insert(id) }
    return waiting
  }

  /// Whether the first cause in the chain of skipped resources is one that waits.
  private func isSkipped(
    _ id: ResourceID, becauseOf waiting: Set<ResourceID>, _ roots: inout [ResourceID: Bool]
  ) -> Bool {
    var chain: [ResourceID] = []
    var current = id
    var result = false
    while true {
      if let known = roots[current] {
        result = known
        break
      }
      guard case .skipped(let other)? = results[current] else {
        result = !chain.isEmpty && waiting.contains(current)
        break
      }
      chain.append(current)
      current = other
    }
    for id in chain { roots[id] = result }
    return result && !chain.isEmpty
  }
}
