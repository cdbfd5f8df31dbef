import Synchronization
import Testing

@testable import Concurrency

/// The order in which waiting tasks acquire permits.
@Suite struct AsyncSemaphoreTests {
  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  /// A body that holds its permit until `end` is called.
  private final class Stay: Sendable {
    private let stream = AsyncStream<Void>.makeStream()
    func end() { stream.continuation.finish() }
    func callAsFunction() async { for await _ in stream.stream {} }
  }

  private func waiting(_ semaphore: AsyncSemaphore, _ count: Int) async {
    while semaphore.waitingCount < count { await Task.yield() }
  }

  @Test("Tasks with priority go first, then the others in order")
  func tasksWithPriorityGoFirstThenTheOthersInOrder() async {
    let (semaphore, log, stay) = (AsyncSemaphore(limit: 1), Log(), Stay())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await semaphore.withPermit { await stay() } }
      while semaphore.freeCount > 0 { await Task.yield() }
      for (index, (name, isFinishing)) in [("a", false), ("b", false), ("c", true)].enumerated() {
        group.addTask { await semaphore.withPermit(isPriority: isFinishing) { log.add(name) } }
        await waiting(semaphore, index + 1)
      }
      stay.end()
    }
    #expect(log.all == ["c", "a", "b"])
    #expect(semaphore.freeCount == 1)
  }

  @Test("A cancelled task stops waiting and takes no permit")
  func aCancelledTaskStopsWaitingAndTakesNoPermit() async {
    let (semaphore, log, stay) = (AsyncSemaphore(limit: 1), Log(), Stay())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await semaphore.withPermit { await stay() } }
      while semaphore.freeCount > 0 { await Task.yield() }
      let task = Task { await semaphore.withPermit { log.add(Task.isCancelled ? "cancelled" : "in") } }
      await waiting(semaphore, 1)
      task.cancel()
      await task.value
      #expect(log.all == ["cancelled"])
      #expect(semaphore.waitingCount == 0)
      stay.end()
    }
    #expect(semaphore.freeCount == 1)
  }

  @Test("A failure releases its permit to the next task")
  func aFailureReleasesItsPermitToTheNextTask() async {
    struct Broken: Error {}
    let semaphore = AsyncSemaphore(limit: 1)
    await #expect(throws: Broken.self) {
      try await semaphore.withPermit { () async throws(Broken) in throw Broken() }
    }
    #expect(semaphore.freeCount == 1)
  }
}
