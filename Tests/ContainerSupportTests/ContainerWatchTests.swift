import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("Watch of engines", .timeLimit(.minutes(1)))
struct ContainerWatchTests {
  private let fakes = FakeEngines()
  private let echo = ResourceID(kind: "Module", name: "echo")

  @Test("A watch reports changes, and missed events after a reconnect")
  func reconnects() async throws {
    _ = try fakes.support.engines.engine(at: .local)
    let (events, continuation) = AsyncStream<ContainerWatch.Event>.makeStream()
    let watch = ContainerWatch(engines: fakes.support.engines, owner: "test", clock: ImmediateClock())
    let task = Task { await watch.run { continuation.yield($0) } }
    var iterator = events.makeAsyncIterator()
    await until { fakes.local.watcherCount == 1 }
    fakes.local.notifyWatchers(echo)
    #expect(await iterator.next() == .changed(echo))
    fakes.local.endWatches()
    #expect(await iterator.next() == .missed(.local))
    await until { fakes.local.watcherCount == 1 }
    fakes.local.notifyWatchers(echo)
    #expect(await iterator.next() == .changed(echo))
    task.cancel()
    await task.value
  }

  @Test("An engine that is added later is watched too")
  func newEngine() async throws {
    let watch = ContainerWatch(engines: fakes.support.engines, owner: "test", clock: ImmediateClock())
    let task = Task { await watch.run { _ in } }
    _ = try fakes.support.engines.engine(at: FakeEngines.secondAddress)
    await until { fakes.second.watcherCount == 1 }
    task.cancel()
    await task.value
  }

  private func until(_ condition: () -> Bool) async {
    while !condition(), !Task.isCancelled { await Task.yield() }
  }
}
