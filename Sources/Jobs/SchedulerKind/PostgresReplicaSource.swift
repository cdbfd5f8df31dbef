package import Autoscaling
internal import Concurrency
internal import JobStore
package import Model
package import Postgres

/// Reads the demand for scheduler replicas from the tables of jobs and holds the supervisor lease.
package struct PostgresReplicaSource: ReplicaSource {
  private let pool: PostgresPool
  private let lease: ReplicaLease

  /// The time after the last read after which another server may acquire the lease.
  package static let leaseDuration = ReplicaLease.duration

  /// - Parameter supervisor: the unique name of the server.
  package init(_ pool: PostgresPool, supervisor: String) {
    self.pool = pool
    lease = ReplicaLease(pool, supervisor: supervisor)
  }

  package func read() async -> ReplicaDemand {
    do throws(PostgresError) {
      guard let held = try await lease.acquire() else { return .follower }
      let settings = ReplicaSettings(recorded: held.settings)
      let limit = Int64(settings.rule.max) * settings.rule.target * 2
      let pending = try await PendingJobs.count(limit: limit, pool)
      return .leader(scheduler: held.scheduler, settings, pending: pending)
    } catch {
      return await Declarations.provesAbsence(error, in: pool) ? .follower : .unknown(error.description)
    }
  }

  package func release() async {
    // A release that fails has no effect but that the lease expires.
    _ = await UncancellableTask.run { [lease] in await PostgresReplicaSource.release(lease) }
  }

  private static func release(_ lease: ReplicaLease) async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      return .success(try await lease.release())
    } catch {
      return .failure(error)
    }
  }
}
