import Synchronization

/// A clock on which every rest is over at once; it remembers how long they were.
final class RestClock: Clock {
  struct Instant: InstantProtocol {
    let offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private let state = Mutex((time: Duration.zero, rests: [Duration]()))

  var now: Instant { Instant(offset: state.withLock { $0.time }) }
  var minimumResolution: Duration { .nanoseconds(1) }
  var rests: [Duration] { state.withLock { $0.rests } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    state.withLock { state in
      state.rests.append(deadline.offset - state.time)
      state.time = deadline.offset
    }
  }
}
