import Model
import Reconciling
import ReconcilingSupport

extension Checks {
  /// What is not ready, and whose explanation does not name this fault, the only one that there is.
  func unexplained(by fault: Fault) async -> [String] {
    let store = world.store
    guard let latest = try? await store.latestRevision(of: World.environment),
      let statuses = try? await store.statuses(of: World.environment),
      let journal = try? await store.journal(of: World.environment, id: nil, limit: 1000),
      let leases = try? await store.leases(of: World.environment),
      let events = try? await store.events(of: World.environment, id: nil, limit: 1000)
    else { return ["the store does not answer"] }
    var situation = StatusSnapshot(
      now: world.time.wall, statuses: statuses, desired: desired, revision: latest.number)
    situation.journal = journal
    situation.events = events
    var wrong: [String] = []
    for resource in desired.resources {
      situation.holder = leases.table.holder(of: resource.id, now: leases.now)?.description
      let explanation = Explanation(of: resource.id, in: situation)
      if explanation.isReady {
        if fault.effect == .unseen, fault.place == resource.id.kind {
          wrong.append("\(resource.id) is said to be ready during \(fault)")
        }
        continue
      }
      // A guard may hold what was changed, or what comes before it, fault or not.
      guard ![.guarded, .invalid].contains(explanation.root.cause) else { continue }
      if !Checks.names(explanation, fault) {
        let chain = explanation.chain.map { "\($0.id) \($0.cause.rawValue) \($0.message)" }
        wrong.append("during \(fault) the explanation is: \(chain.joined(separator: " ← "))")
      }
    }
    return wrong
  }

  private static func names(_ explanation: Explanation, _ fault: Fault) -> Bool {
    let message = explanation.root.message
    if message.contains(fault.mark) { return true }
    guard fault.effect == .hangs else { return false }
    // A call that was given up has no words of the system's own.
    if case .underWay = explanation.next { return true }
    return message.contains("did not finish") || message.contains("did not tell")
  }
}
