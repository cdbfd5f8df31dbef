import Synchronization
import Testing

@testable import Workloads

/// Who gets in when not all can.
@Suite struct TurnstileTests {
  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  /// A body that stays in until it is told to go.
  private final class Stay: Sendable {
    private let stream = AsyncStream<Void>.makeStream()
    func end() { stream.continuation.finish() }
    func callAsFunction() async { for await _ in stream.stream {} }
  }

  private func waiting(_ turnstile: Turnstile, _ count: Int) async {
    while turnstile.waitingCount < count { await Task.yield() }
  }

  @Test func `whoever finishes something goes first, then whoever came first`() async {
    let (turnstile, log, stay) = (Turnstile(width: 1), Log(), Stay())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await turnstile.pass { await stay() } }
      while turnstile.freeCount > 0 { await Task.yield() }
      for (place, (name, isFinishing)) in [("a", false), ("b", false), ("c", true)].enumerated() {
        group.addTask { await turnstile.pass(finishing: isFinishing) { log.add(name) } }
        await waiting(turnstile, place + 1)
      }
      stay.end()
    }
    #expect(log.all == ["c", "a", "b"])
    #expect(turnstile.freeCount == 1)
  }

  @Test func `a cancelled task waits no longer, and takes nobody's place`() async {
    let (turnstile, log, stay) = (Turnstile(width: 1), Log(), Stay())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await turnstile.pass { await stay() } }
      while turnstile.freeCount > 0 { await Task.yield() }
      let task = Task { await turnstile.pass { log.add(Task.isCancelled ? "cancelled" : "in") } }
      await waiting(turnstile, 1)
      task.cancel()
      await task.value
      #expect(log.all == ["cancelled"])
      #expect(turnstile.waitingCount == 0)
      stay.end()
    }
    #expect(turnstile.freeCount == 1)
  }

  @Test func `a failure leaves its place to the next`() async {
    struct Broken: Error {}
    let turnstile = Turnstile(width: 1)
    await #expect(throws: Broken.self) {
      try await turnstile.pass { () async throws(Broken) in throw Broken() }
    }
    #expect(turnstile.freeCount == 1)
  }
}
