import JobModel
import Model
import Postgres
import Synchronization

/// Tells those who wait in this process that something changed, whichever process changed it. News may be lost: whoever is
/// told, or has waited long enough, looks at the tables.
final class ChangeHub: Sendable {
  enum Subject: Hashable, Sendable {
    case node(Int64)
    case job(JobID)
    case pending
  }

  private struct State {
    var watchers: [Subject: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    var next: UInt64 = 0
    var isListening = false
  }

  private let state = Mutex(State())
  private let clock: any Clock<Duration> & Sendable
  /// How long nobody waits longer than while news do not come.
  private static let deafPatience = Duration.milliseconds(250)

  init(clock: any Clock<Duration> & Sendable) { self.clock = clock }

  /// Looks until there is something to see or the timeout passes.
  func wait<Output: Sendable>(
    for subject: Subject, timeout: Duration, _ look: () async throws(JobError) -> Output?
  ) async throws(JobError) -> Output? {
    let deadline = ContinuousClock.now + timeout
    while true {
      let watch = Watch(subject, self)
      if let found = try await look() { return found }
      let left = deadline - ContinuousClock.now
      guard left > .zero, !Task.isCancelled else { return nil }
      await watch.news(within: isListening ? left : min(left, ChangeHub.deafPatience), clock)
    }
  }

  /// For whoever looks next: what changes from now on ends its pause.
  func watch(_ subject: Subject) -> Watch { Watch(subject, self) }

  private var isListening: Bool { state.withLock { $0.isListening } }

  /// Waits for news once: a wait that ends without any ends its stream.
  final class Watch: Sendable {
    private let subject: Subject
    private let hub: ChangeHub
    private let id: UInt64
    private let stream: AsyncStream<Void>

    fileprivate init(_ subject: Subject, _ hub: ChangeHub) {
      self.subject = subject
      self.hub = hub
      let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      self.stream = stream
      id = hub.state.withLock { state in
        state.next += 1
        state.watchers[subject, default: [:]][state.next] = continuation
        return state.next
      }
    }

    deinit {
      let (hub, subject, id) = (hub, subject, id)
      hub.state.withLock { state in
        state.watchers[subject]?[id] = nil
        if state.watchers[subject]?.isEmpty == true { state.watchers[subject] = nil }
      }
    }

    /// Returns when something changed since it was made, or the time is over.
    func news(within limit: Duration, _ clock: any Clock<Duration> & Sendable) async {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { [stream] in _ = await stream.first { _ in true } }
        group.addTask { try? await clock.sleep(for: limit) }
        await group.next()
        group.cancelAll()
      }
    }
  }

  func tell(_ subject: Subject) {
    let watchers = state.withLock { $0.watchers[subject].map { Array($0.values) } ?? [] }
    for watcher in watchers { watcher.yield() }
  }

  private func tellAll() {
    let watchers = state.withLock { state in state.watchers.values.flatMap { $0.values } }
    for watcher in watchers { watcher.yield() }
  }

  /// Listens until it is cancelled; a connection that breaks is made anew.
  func run(_ pool: PostgresPool) async {
    while !Task.isCancelled {
      await listen(pool)
      state.withLock { $0.isListening = false }
      // What was told meanwhile is not known.
      tellAll()
      try? await clock.sleep(for: .seconds(1))
    }
  }

  private func listen(_ pool: PostgresPool) async {
    do throws(PostgresError) {
      let notifications = try await pool.notifications(
        on: JobRepository.workChannel, JobRepository.jobsChannel, JobRepository.pendingChannel)
      state.withLock { $0.isListening = true }
      tellAll()
      var iterator = notifications.makeAsyncIterator()
      while let notification = try await iterator.next() { spread(notification) }
    } catch {
      return
    }
  }

  private func spread(_ notification: Notification) {
    let parts = notification.payload.split(separator: ",")
    switch notification.channel {
    case JobRepository.workChannel: for part in parts { if let id = Int64(part) { tell(.node(id)) } }
    case JobRepository.jobsChannel: for part in parts { if let id = JobID(String(part)) { tell(.job(id)) } }
    default: tell(.pending)
    }
  }
}
