import Concurrency
import JobStore
package import Model
package import Postgres

/// The work of modules in the databases of all schedulers that are declared or leave.
package struct JobWorkDirectory: WorkDirectory {
  private let pools: DatabasePools
  private let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - pools: opens the databases that `Database` resources offer.
  ///   - now: the time of this process.
  package init(now: @escaping @Sendable () -> Timestamp, pools: @escaping DatabasePools) {
    self.now = now
    self.pools = pools
  }

  package func work(of modules: Set<ResourceID>, in context: ReconcileContext) async
    -> [ResourceID: RunningWork]
  {
    let ids = modules.sorted()
    var attempts: [RunningAttempt] = []
    var drains: [DrainScope: DrainState] = [:]
    var (hasScheduler, canDrain) = (false, true)
    for (scheduler, database) in JobWorkDirectory.databases(in: context) {
      let service = await service(of: database)
      do throws(PostgresError) {
        let service = try service.get()
        attempts += try await service.runningAttempts(of: ids)
        hasScheduler = true
        if let found = try await service.drains(of: ids) {
          drains.merge(found) { first, _ in first }
        } else {
          canDrain = false
        }
      } catch {
        // Without its tables a scheduler never gave work to a module.
        if case .success(let service) = service, await service.provesAbsence(error) { continue }
        let work = RunningWork.unknown(scheduler: scheduler, reason: error.description)
        return Dictionary(uniqueKeysWithValues: ids.map { ($0, work) })
      }
    }
    guard hasScheduler else { return [:] }
    var work: [ResourceID: RunningWork] = [:]
    for id in ids {
      let own = attempts.filter { $0.scope.module == id }
      work[id] =
        canDrain
        ? .known(attempts: own, drained: drains.filter { $0.key.module == id })
        : .undrainable(attempts: own)
    }
    return work
  }

  package func drain(
    _ scope: DrainScope, successor: Digest?, within limit: TimeSpan, because reason: String,
    in context: ReconcileContext
  ) async throws(BackendError) -> [RunningAttempt] {
    var left: [RunningAttempt] = []
    try await inEachDatabase(context) { service throws(PostgresError) in
      left += try await service.drain(
        scope, successor: successor, within: limit, because: reason)
    }
    return left
  }

  package func preempt(
    _ scope: DrainScope, because reason: String, in context: ReconcileContext
  ) async throws(BackendError) {
    try await inEachDatabase(context) { service throws(PostgresError) in
      try await service.preempt(scope, because: reason)
    }
  }

  package func release(_ scope: DrainScope, in context: ReconcileContext) async throws(BackendError) {
    try await inEachDatabase(context) { service throws(PostgresError) in
      try await service.release(scope)
    }
  }

  /// Databases without the tables of jobs are passed over.
  private func inEachDatabase(
    _ context: ReconcileContext, _ body: (PostgresJobService) async throws(PostgresError) -> Void
  ) async throws(BackendError) {
    for (_, database) in JobWorkDirectory.databases(in: context) {
      let service = await service(of: database)
      do throws(PostgresError) {
        try await body(try service.get())
      } catch {
        if case .success(let service) = service, await service.provesAbsence(error) { continue }
        throw error.backendError
      }
    }
  }

  /// Schedulers with their databases, sorted. A scheduler whose database is not declared has none.
  private static func databases(in context: ReconcileContext) -> [(ResourceID, DatabaseAddress)] {
    context.offers.schedulers.sorted { $0.key < $1.key }.compactMap { scheduler, offer in
      context.offers.databases[offer.database].map { (scheduler, $0.address) }
    }
  }

  private func service(of database: DatabaseAddress) async -> Result<PostgresJobService, PostgresError> {
    await Result { () async throws(PostgresError) in
      PostgresJobService(try await pools(database), now: now, random: { .random(in: .min ... .max) })
    }
  }
}
