import Model
import Reconciling
import Synchronization

/// The scheduler's time as programs read it: a wall clock that may be set, and sleeps that setting it does
/// not affect.
final class SimulatedTime: Sendable {
  private let scheduler: TaskScheduler
  /// Microseconds by which the wall clock was moved.
  private let offset = Mutex<Int64>(0)
  /// A Friday morning, two hours before nightly backups are due.
  private static let start = Timestamp(seconds: 1_800_014_400)

  init(_ scheduler: TaskScheduler) { self.scheduler = scheduler }

  var wall: Timestamp {
    Timestamp(
      microseconds: SimulatedTime.start.microseconds + scheduler.now + offset.withLock { $0 })
  }

  /// The clock of the machine that hosts the state store, which is never set.
  var steady: Timestamp { Timestamp(microseconds: SimulatedTime.start.microseconds + scheduler.now) }

  func setWallClock(by span: TimeSpan) { offset.withLock { $0 += span.milliseconds * 1000 } }

  var source: TimeSource {
    TimeSource(
      now: { [self] in wall }, sleep: { [self] span in try await sleep(span.milliseconds * 1000) },
      uptime: { [scheduler] in TimeSpan(milliseconds: scheduler.now / 1000) })
  }

  var clock: SimulatedClock { SimulatedClock(self, scheduler) }

  /// Throws `CancellationError` when the task is cancelled or the world has ended.
  func sleep(_ microseconds: Int64) async throws {
    let sleeper = Sleeper()
    let isElapsed = await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
        let scheduler = scheduler
        guard sleeper.begin(continuation) else { return continuation.resume(returning: false) }
        let number = scheduler.after(microseconds) { sleeper.wake(!scheduler.isOver) }
        sleeper.timer.withLock { $0 = number }
      }
    } onCancel: {
      if sleeper.wake(false) { _ = scheduler.cancelTimer(sleeper.timer.withLock { $0 }) }
    }
    guard isElapsed, !scheduler.isOver else { throw CancellationError() }
  }
}

/// One sleeping task, woken exactly once.
private final class Sleeper: Sendable {
  private enum State {
    case new, cancelled, woken
    case sleeping(UnsafeContinuation<Bool, Never>)
  }

  private let state = Mutex(State.new)
  let timer = Mutex(0)

  /// False when the task was cancelled before the sleep.
  func begin(_ continuation: UnsafeContinuation<Bool, Never>) -> Bool {
    state.withLock { state in
      guard case .new = state else { return false }
      state = .sleeping(continuation)
      return true
    }
  }

  /// Returns whether the task was asleep.
  @discardableResult
  func wake(_ isElapsed: Bool) -> Bool {
    let continuation = state.withLock { state -> UnsafeContinuation<Bool, Never>? in
      switch state {
      case .sleeping(let continuation):
        state = .woken
        return continuation
      case .new:
        state = .cancelled
        return nil
      case .cancelled, .woken: return nil
      }
    }
    continuation?.resume(returning: isElapsed)
    return continuation != nil
  }
}

/// The same time as a `Clock`.
struct SimulatedClock: Clock {
  struct Instant: InstantProtocol {
    let offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private let time: SimulatedTime
  private let scheduler: TaskScheduler

  fileprivate init(_ time: SimulatedTime, _ scheduler: TaskScheduler) {
    self.time = time
    self.scheduler = scheduler
  }

  var now: Instant { Instant(offset: .microseconds(scheduler.now)) }
  var minimumResolution: Duration { .microseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let span = now.duration(to: deadline)
    try await time.sleep(Int64(span / .microseconds(1)))
  }
}
