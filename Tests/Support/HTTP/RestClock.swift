internal import Synchronization

/// A clock on which every rest is over at once; it remembers how long they were.
package final class RestClock: Clock {
  package struct Instant: InstantProtocol {
    package let offset: Duration
    package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    package func duration(to other: Instant) -> Duration { other.offset - offset }
    package static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private let state = Mutex((time: Duration.zero, rests: [Duration]()))

  package init() {}

  package var now: Instant { Instant(offset: state.withLock { $0.time }) }
  package var minimumResolution: Duration { .nanoseconds(1) }
  package var rests: [Duration] { state.withLock { $0.rests } }

  package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    state.withLock { state in
      state.rests.append(deadline.offset - state.time)
      state.time = deadline.offset
    }
  }
}
