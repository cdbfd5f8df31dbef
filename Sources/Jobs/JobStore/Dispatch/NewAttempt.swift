import JobModel
import Model
import Placement
import Postgres

/// An attempt as it is stored when its job is dispatched.
struct NewAttempt {
  let id: AttemptID
  let node: Int64
  let claim: Claim
  let stopAt: Timestamp
  let decision: PlacementDecision

  /// Stores the attempts and what they use of their nodes, and notifies the nodes' workers.
  /// - Parameter nodes: the locked nodes with the attempts' claims.
  static func insert(
    _ attempts: [NewAttempt], on nodes: [Int64: FleetNode], at time: Timestamp, lease: TimeSpan
  ) -> [Statement] {
    guard !attempts.isEmpty else { return [] }
    let touched = Set(attempts.map(\.node)).sorted()
    return [rows(attempts, at: time, lease: lease), JobRepository.update(touched.compactMap { nodes[$0] })]
      + ChangeNotice.work(touched)
  }

  private static func rows(_ attempts: [NewAttempt], at time: Timestamp, lease: TimeSpan) -> Statement {
    Statement(
      JobStoreSQL.insertAttempts,
      [
        .timestamp(time), .timestamp(time + lease), .textArray(attempts.map(\.id.job.text)),
        .intArray(attempts.map { Int64($0.id.number) }), .intArray(attempts.map(\.node)),
        .array(attempts.map { .optional($0.claim.gpu) { .int(Int64($0)) } }),
        .intArray(attempts.map(\.claim.gpuMemory)), .intArray(attempts.map(\.claim.cores)),
        .array(attempts.map { .timestamp($0.stopAt) }), .textArray(attempts.map(\.decision.packed)),
      ])
  }
}
