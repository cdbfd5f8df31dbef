import Model
import Reconciling
import ReconcilingSupport

extension Checks {
  /// The resources that are not ready and whose explanation does not name this fault, the only active one.
  func unexplained(by fault: Fault) async -> [String] {
    let store = world.store
    guard let latest = try? await store.latestRevision(of: World.environment),
      let statuses = try? await store.statuses(of: World.environment),
      let journal = try? await store.journal(of: World.environment, id: nil, limit: 1000),
      let leases = try? await store.leases(of: World.environment),
      let events = try? await store.events(of: World.environment, id: nil, limit: 1000)
    else { return ["the store does not answer"] }
    var snapshot = StatusSnapshot(
      now: world.time.wall, statuses: statuses, desired: desired, revision: latest.number)
    snapshot.journal = journal
    snapshot.events = events
    var wrong: [String] = []
    for resource in desired.resources {
      snapshot.holder = leases.table.holder(of: resource.id, now: leases.now)?.description
      let explanation = Explanation(of: resource.id, in: snapshot)
      if explanation.isReady {
        if fault.effect == .unobservable, fault.target == resource.id.kind {
          wrong.append("\(resource.id) is reported as ready during \(fault)")
        }
        continue
      }
      // A guard may block a change or its dependencies independently of the fault.
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
    // The message of an abandoned call does not come from the system.
    if case .running = explanation.next { return true }
    return message.contains("did not finish") || message.contains("did not report")
  }
}
