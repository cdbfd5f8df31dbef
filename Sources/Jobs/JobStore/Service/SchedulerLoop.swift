internal import JobModel
internal import Ledger
package import Postgres

/// What a scheduler does all the time: it dispatches jobs from the queue, ends what is overdue, and has the
/// ledger pay for what was used. Any number of schedulers may run on one database; each job is taken by one
/// of them.
package struct SchedulerLoop: Sendable {
  /// What happened, for logs.
  package enum Event: Sendable {
    case dispatched(Int)
    /// Attempts whose lease expired, and jobs that waited until their deadline passed or their module was
    /// removed.
    case ended(Int)
    case settled(Int)
    /// Attempts that were not paid, and why.
    case unpaid([String: String])
    case failed(PostgresError)
  }

  private let service: PostgresJobService
  private let ledger: LedgerStore
  private let report: @Sendable (Event) -> Void

  /// - Parameter report: called from several tasks.
  package init(_ service: PostgresJobService, report: @escaping @Sendable (Event) -> Void = { _ in }) {
    self.service = service
    self.report = report
    ledger = LedgerStore(service.repository.pool)
  }

  /// The maximum number of rows that one transaction changes.
  private static let batchLimit = 256

  /// Runs until the task is cancelled.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      group.addTask {
        await repeating(on: .pending, interval: .seconds(1), minimumPause: .milliseconds(5)) {
          () async throws(PostgresError) in try await dispatch()
        }
      }
      group.addTask {
        await repeating(interval: .milliseconds(500)) { () async throws(PostgresError) in
          try await endOverdue()
        }
      }
      group.addTask {
        await repeating(interval: .milliseconds(200)) { () async throws(PostgresError) in
          try await settle()
        }
      }
    }
  }

  /// One pass through everything, for callers that drive the loop themselves.
  package func turn() async throws(PostgresError) {
    try await service.refresh()
    try await endOverdue()
    try await dispatch()
    try await settle()
  }

  /// Repeats `body` until the task is cancelled: after each interval, and sooner when the subject changes.
  private func repeating(
    on subject: ChangeHub.Subject? = nil, interval: Duration, minimumPause: Duration = .zero,
    _ body: () async throws(PostgresError) -> Void
  ) async {
    while !Task.isCancelled {
      // Subscribes before it reads, so that no change between the read and the pause is missed.
      let subscription = subject.map { service.changes.subscribe(to: $0) }
      do throws(PostgresError) {
        try await body()
      } catch {
        if !Task.isCancelled { report(.failed(error)) }
      }
      if minimumPause > .zero { try? await service.clock.sleep(for: minimumPause) }
      if let subscription {
        await subscription.next(within: interval, service.clock)
      } else {
        try? await service.clock.sleep(for: interval)
      }
    }
  }

  private func dispatch() async throws(PostgresError) {
    var isDone = false
    while !isDone, !Task.isCancelled {
      let round = try await service.repository.dispatch(limit: SchedulerLoop.batchLimit)
      if round.dispatched > 0 { report(.dispatched(round.dispatched)) }
      try await service.repository.endPending(round.unschedulable, .unschedulable)
      isDone = round.isDone
    }
  }

  private func endOverdue() async throws(PostgresError) {
    let limit = SchedulerLoop.batchLimit
    var ended = 0
    while !Task.isCancelled {
      let expired = try await service.repository.expiredLeases(limit: limit)
      if !expired.isEmpty { _ = try await service.repository.report(expired).get() }
      let late = try await service.repository.expiredPending(limit: limit)
      try await service.repository.endPending(late, .deadlinePassed)
      let orphaned = try await service.repository.pendingWithoutModule(limit: limit)
      for (module, jobs) in orphaned.sorted(by: { $0.key < $1.key }) {
        try await service.repository.endPending(jobs, .moduleRemoved(module))
      }
      let orphanedCount = orphaned.values.reduce(0) { $0 + $1.count }
      ended += expired.count + late.count + orphanedCount
      guard [expired.count, late.count, orphanedCount].contains(limit) else { break }
    }
    if ended > 0 { report(.ended(ended)) }
  }

  private func settle() async throws(PostgresError) {
    try await payPreempted()
    while !Task.isCancelled {
      let settlement = try await ledger.settle(limit: SchedulerLoop.batchLimit)
      if settlement.settled > 0 { report(.settled(settlement.settled)) }
      if !settlement.refused.isEmpty { report(.unpaid(settlement.refused.mapValues(\.rawValue))) }
      guard settlement.settled + settlement.refused.count == SchedulerLoop.batchLimit else { return }
    }
  }

  /// The credits of an attempt that the ledger refuses to pay stay with the platform.
  private func payPreempted() async throws(PostgresError) {
    while service.canDrain, !Task.isCancelled {
      let payment = try await service.repository.payPreempted(limit: SchedulerLoop.batchLimit)
      if payment.paid > 0 { report(.settled(payment.paid)) }
      if !payment.refused.isEmpty { report(.unpaid(payment.refused.mapValues(\.rawValue))) }
      guard payment.paid + payment.refused.count == SchedulerLoop.batchLimit else { return }
    }
  }
}
