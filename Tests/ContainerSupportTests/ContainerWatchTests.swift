import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("Watching engines", .timeLimit(.minutes(1)))
struct ContainerWatchTests {
  private let world = FakeEngines()
  private let echo = ResourceID(kind: "Module", name: "echo")

  @Test("Changes are told, and after an engine was away that something may have been missed")
  func reconnects() async throws {
    _ = try world.support.engines.engine(at: .local)
    let (news, feed) = AsyncStream<ContainerWatch.Event>.makeStream()
    let watch = ContainerWatch(engines: world.support.engines, owner: "test", clock: ImmediateClock())
    let task = Task { await watch.run { feed.yield($0) } }
    var iterator = news.makeAsyncIterator()
    await until { world.local.watcherCount == 1 }
    world.local.notifyWatchers(echo)
    #expect(await iterator.next() == .changed(echo))
    world.local.endWatches()
    #expect(await iterator.next() == .missed(.local))
    await until { world.local.watcherCount == 1 }
    world.local.notifyWatchers(echo)
    #expect(await iterator.next() == .changed(echo))
    task.cancel()
    await task.value
  }

  @Test("An engine that the controller gets to know later is watched too")
  func newEngine() async throws {
    let watch = ContainerWatch(engines: world.support.engines, owner: "test", clock: ImmediateClock())
    let task = Task { await watch.run { _ in } }
    _ = try world.support.engines.engine(at: FakeEngines.secondAddress)
    await until { world.second.watcherCount == 1 }
    task.cancel()
    await task.value
  }

  private func until(_ condition: () -> Bool) async {
    while !condition(), !Task.isCancelled { await Task.yield() }
  }
}
