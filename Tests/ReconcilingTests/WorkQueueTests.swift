import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct WorkQueueTests {
  private let a = ResourceID.fake("a")
  private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

  @Test("A resource is in flight at most once, and requests meanwhile make it due once more")
  func resourceIsInFlightAtMostOnce() {
    var queue = WorkQueue()
    queue.add(a, at: at(5))
    queue.add(a, at: at(9))
    #expect(queue.take(now: at(4)).isEmpty, "not due yet")
    #expect(queue.take(now: at(5)) == [a], "the earlier of two requests counts")
    for _ in 0..<3 { queue.add(a, at: at(6)) }
    #expect(queue.take(now: at(7)).isEmpty, "in flight")
    queue.finish(a)
    #expect(queue.take(now: at(7)) == [a])
    queue.finish(a)
    #expect(queue.take(now: at(99)).isEmpty)
    #expect(queue.isIdle && queue.depth == 0)
  }

  @Test("The number of routine checks in flight is limited, and they delay no other")
  func routineChecksAreLimited() {
    var queue = WorkQueue()
    for index in 0..<(WorkQueue.routineLimit + 5) {
      queue.add(.fake("r\(index)"), at: at(1), isUrgent: true, isRoutine: true)
    }
    let first = queue.take(now: at(1))
    #expect(first.count == WorkQueue.routineLimit)
    queue.add(a, at: at(1))
    #expect(queue.take(now: at(1)) == [a])
    guard
      let waiting = (0..<(WorkQueue.routineLimit + 5)).map({ ResourceID.fake("r\($0)") }).first(where: {
        !first.contains($0)
      })
    else { return }
    queue.add(waiting, at: at(1))
    #expect(queue.take(now: at(1)) == [waiting], "a request that is not routine is not limited")
    for id in first.prefix(2) { queue.finish(id) }
    #expect(queue.take(now: at(1)).count == 2)
  }

  @Test("A failed resource rests despite requests, unless they are urgent")
  func failedResourceRestsUnlessUrgent() {
    var queue = WorkQueue()
    queue.add(a, at: at(1))
    _ = queue.take(now: at(1))
    queue.add(a, at: at(1))
    queue.finish(a, retry: at(10))
    queue.add(a, at: at(2))
    #expect(queue.take(now: at(9)).isEmpty)
    #expect(queue.take(now: at(10)) == [a])
    queue.finish(a, retry: at(30))
    queue.add(a, at: at(11), isUrgent: true)
    #expect(queue.take(now: at(11)) == [a])
    queue.add(a, at: at(12), isUrgent: true)
    queue.finish(a, retry: at(50))
    #expect(queue.take(now: at(12)) == [a], "a request that became urgent in flight does not rest")
  }

  @Test("A planned check is not a rest")
  func plannedCheckIsNotARest() {
    var queue = WorkQueue()
    queue.add(a, at: at(1))
    _ = queue.take(now: at(1))
    queue.finish(a, check: at(10))
    queue.add(a, at: at(2))
    #expect(queue.take(now: at(2)) == [a])
    queue.finish(a)
    queue.finish(a, retry: at(3))
    #expect(queue.take(now: at(99)).isEmpty, "a resource that is not in flight cannot finish")
  }
}
