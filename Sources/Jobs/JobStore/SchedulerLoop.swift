internal import JobModel
internal import Ledger
internal import Model
package import Postgres

/// What a scheduler does while it runs, beside taking orders and reports: gives places to what waits, ends what is overdue,
/// and has the ledger pay for what was used. Any number may run on one database; each job is taken by one of them.
package struct SchedulerLoop: Sendable {
  /// What happened, for logs.
  package enum News: Sendable {
    case dispatched(Int)
    /// Leases that ended, and jobs whose deadline passed while they waited.
    case ended(Int)
    case settled(Int)
    /// Attempts that were not paid, and why.
    case unpaid([String: String])
    case failed(PostgresError)
  }

  private let service: PostgresJobService
  private let ledger: LedgerStore
  private let tell: @Sendable (News) -> Void

  /// - Parameter tell: called from several tasks.
  package init(_ service: PostgresJobService, tell: @escaping @Sendable (News) -> Void = { _ in }) {
    self.service = service
    self.tell = tell
    ledger = LedgerStore(service.books.pool)
  }

  private static let most = 256

  /// Until it is cancelled.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      group.addTask {
        await repeating(on: .pending, atMost: .seconds(1), gap: .milliseconds(5)) {
          () async throws(PostgresError) in try await dispatch()
        }
      }
      group.addTask {
        await repeating(on: nil, atMost: .milliseconds(500), gap: .zero) { () async throws(PostgresError) in
          try await end()
        }
      }
      group.addTask {
        await repeating(on: nil, atMost: .milliseconds(200), gap: .zero) { () async throws(PostgresError) in
          try await settle()
        }
      }
    }
  }

  /// Once through everything, for those who drive it themselves.
  package func turn() async throws(PostgresError) {
    try await service.refresh()
    try await end()
    try await dispatch()
    try await settle()
  }

  private func repeating(
    on subject: ChangeHub.Subject?, atMost pause: Duration, gap: Duration,
    _ body: () async throws(PostgresError) -> Void
  ) async {
    while !Task.isCancelled {
      // Before it looks: what changes meanwhile is not in what it sees.
      let watch = subject.map { service.hub.watch($0) }
      do throws(PostgresError) {
        try await body()
      } catch {
        if !Task.isCancelled { tell(.failed(error)) }
      }
      if gap > .zero { try? await service.clock.sleep(for: gap) }
      if let watch {
        await watch.news(within: pause, service.clock)
      } else {
        try? await service.clock.sleep(for: pause)
      }
    }
  }

  private func dispatch() async throws(PostgresError) {
    var isThrough = false
    while !isThrough, !Task.isCancelled {
      let round = try await service.books.dispatch(most: SchedulerLoop.most)
      if round.dispatched > 0 { tell(.dispatched(round.dispatched)) }
      if !round.hopeless.isEmpty { try await service.books.giveUp(round.hopeless) }
      isThrough = round.isThrough
    }
  }

  private func end() async throws(PostgresError) {
    var ended = 0
    while !Task.isCancelled {
      let overdue = try await service.books.overdue(most: SchedulerLoop.most)
      if !overdue.isEmpty { _ = try await service.books.report(overdue).get() }
      let outdated = try await service.books.outdated(most: SchedulerLoop.most)
      try await service.books.endPending(
        outdated, as: .failed, because: "its deadline passed while it waited")
      ended += overdue.count + outdated.count
      guard overdue.count == SchedulerLoop.most || outdated.count == SchedulerLoop.most else { break }
    }
    if ended > 0 { tell(.ended(ended)) }
  }

  private func settle() async throws(PostgresError) {
    while !Task.isCancelled {
      let settlement = try await ledger.settle(most: SchedulerLoop.most)
      if settlement.settled > 0 { tell(.settled(settlement.settled)) }
      if !settlement.refused.isEmpty { tell(.unpaid(settlement.refused.mapValues(\.rawValue))) }
      guard settlement.settled + settlement.refused.count == SchedulerLoop.most else { return }
    }
  }
}
