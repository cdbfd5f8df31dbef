import JobModel
import Model
import Postgres
import Synchronization

/// Notifies the waiting calls of this process of changes, whichever process made them. Notifications may be
/// lost: a call that is notified, or has waited for long enough, reads the tables.
final class ChangeHub: Sendable {
  enum Subject: Hashable, Sendable {
    case node(Int64)
    case job(JobID)
    case pending
  }

  private struct State {
    var subscribers: [Subject: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    var nextID: UInt64 = 0
    var isListening = false
  }

  private let state = Mutex(State())
  private let clock: any Clock<Duration> & Sendable
  /// The maximum pause between two reads while the database sends no notifications.
  private static let fallbackPollInterval = Duration.milliseconds(250)

  init(clock: any Clock<Duration> & Sendable) { self.clock = clock }

  /// Reads until `read` returns a value, which is returned, or the time is over.
  func wait<Output: Sendable>(
    for subject: Subject, timeout: Duration, _ read: () async throws(JobError) -> Output?
  ) async throws(JobError) -> Output? {
    let deadline = ContinuousClock.now + timeout
    while true {
      let subscription = subscribe(to: subject)
      if let found = try await read() { return found }
      let left = deadline - ContinuousClock.now
      guard left > .zero, !Task.isCancelled else { return nil }
      await subscription.next(within: isListening ? left : min(left, ChangeHub.fallbackPollInterval), clock)
    }
  }

  /// Changes from now on end the subscription's wait.
  func subscribe(to subject: Subject) -> Subscription { Subscription(subject, self) }

  private var isListening: Bool { state.withLock { $0.isListening } }

  /// Waits for one notification: a wait that ends without one ends its stream.
  final class Subscription: Sendable {
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
        state.nextID += 1
        state.subscribers[subject, default: [:]][state.nextID] = continuation
        return state.nextID
      }
    }

    deinit {
      let (hub, subject, id) = (hub, subject, id)
      hub.state.withLock { state in
        state.subscribers[subject]?[id] = nil
        if state.subscribers[subject]?.isEmpty == true { state.subscribers[subject] = nil }
      }
    }

    /// Returns once the subject changed since the subscription was made, or the time is over.
    func next(within limit: Duration, _ clock: any Clock<Duration> & Sendable) async {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { [stream] in _ = await stream.first { _ in true } }
        group.addTask { try? await clock.sleep(for: limit) }
        await group.next()
        group.cancelAll()
      }
    }
  }

  func notify(_ subject: Subject) {
    let subscribers = state.withLock { $0.subscribers[subject].map { Array($0.values) } ?? [] }
    for subscriber in subscribers { subscriber.yield() }
  }

  private func notifyAll() {
    let subscribers = state.withLock { state in state.subscribers.values.flatMap { $0.values } }
    for subscriber in subscribers { subscriber.yield() }
  }

  /// Listens to the database until the task is cancelled; a connection that breaks is opened again.
  func run(_ pool: PostgresPool) async {
    while !Task.isCancelled {
      await listen(pool)
      state.withLock { $0.isListening = false }
      // Notifications that were sent meanwhile are lost.
      notifyAll()
      try? await clock.sleep(for: .seconds(1))
    }
  }

  private func listen(_ pool: PostgresPool) async {
    do throws(PostgresError) {
      let notifications = try await pool.notifications(
        on: ChangeNotice.workChannel, ChangeNotice.jobsChannel, ChangeNotice.pendingChannel)
      state.withLock { $0.isListening = true }
      notifyAll()
      var iterator = notifications.makeAsyncIterator()
      while let notification = try await iterator.next() { forward(notification) }
    } catch {
      return
    }
  }

  private func forward(_ notification: Notification) {
    let parts = notification.payload.split(separator: ",")
    switch notification.channel {
    case ChangeNotice.workChannel: for part in parts { if let id = Int64(part) { notify(.node(id)) } }
    case ChangeNotice.jobsChannel:
      for part in parts { if let id = JobID(String(part)) { notify(.job(id)) } }
    default: notify(.pending)
    }
  }
}
