internal import Concurrency
package import JobModel
internal import Model
internal import Placement
internal import Postgres

extension PostgresJobService: WorkerAPI {
  /// More attempts than a node has slots.
  private static let acceptedLimit = 10_000

  package func register(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> WorkTerms {
    _ = try await self.heartbeat(heartbeat)
    let node = try await id(of: heartbeat.node)
    let accepted = try await mappingErrors { () async throws(PostgresError) in
      try await repository.acceptedAttempts(on: node, limit: PostgresJobService.acceptedLimit)
    }
    let settings = repository.fleet.settings
    return WorkTerms(
      heartbeatEvery: TimeSpan(milliseconds: settings.offlineAfter.milliseconds / 3), lease: settings.lease,
      accepted: accepted)
  }

  package func heartbeat(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> [AttemptID] {
    let node = try await id(of: heartbeat.node)
    let isFirst = repository.fleet.withState { state in
      state.fleet[node].map { $0.lastHeartbeatAt == nil } ?? false
    }
    let stops = try await mappingErrors { () async throws(PostgresError) in
      try await heartbeats.commit(HeartbeatCall(node: node, heartbeat: heartbeat))
    }
    if isFirst { changes.notify(.pending) }
    return stops
  }

  package func work(for node: String, limit: Int, excluding known: Set<AttemptID>, timeout: Duration)
    async throws(JobError) -> [WorkOrder]
  {
    let node = try await id(of: node)
    var last: [WorkOrder] = []
    let orders = try await changes.wait(for: .node(node), timeout: timeout) {
      () async throws(JobError) -> [WorkOrder]? in
      last = try await mappingErrors { () async throws(PostgresError) in
        try await repository.dispatchedAttempts(on: node, limit: limit)
      }
      return last.allSatisfy { known.contains($0.attempt) } ? nil : last
    }
    return orders ?? last
  }

  package func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply {
    let node = try await id(of: node)
    let call = ReportCall(attempt: report.attempt, node: node, event: .reported(report.event))
    let outcome = try await mappingErrors { () async throws(PostgresError) in try await reports.commit(call) }
    return try outcome.get()
  }

  /// Reads the tables where the fleet cache does not have the node: it is new, or it left the manifests and
  /// finishes its attempts.
  private func id(of node: String) async throws(JobError) -> Int64 {
    if let id = repository.fleet.withState({ $0.fleet.node(named: node)?.id }) { return id }
    let found = try await mappingErrors { () async throws(PostgresError) in
      try await repository.node(named: node)
    }
    guard let found else { throw PostgresJobService.unknownNode(node) }
    if !found.isRetired {
      try await mappingErrors { () async throws(PostgresError) in try await refresh() }
    }
    return found.id
  }
}
