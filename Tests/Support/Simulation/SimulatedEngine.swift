import ContainerFakes
import ContainerSupport
import Model

/// An engine as one process reaches it: shared containers, and calls that are subject to faults.
struct SimulatedEngine: ContainerEngine {
  let world: World
  let process: SimulatedProcess
  let inner: FakeEngine
  /// `engine 1`.
  let target: String

  private func read<Output: Sendable>(_ what: String, _ body: () async throws(BackendError) -> Output)
    async throws(BackendError) -> Output
  {
    guard !world.scheduler.isOver else { throw World.error(nil, "the world has ended") }
    await world.networkDelay()
    if let fault = world.faults.fault(at: target, .unobservable) {
      throw World.error(fault, "did not answer: \(what)")
    }
    return try await body()
  }

  /// Changes a container and notifies watchers of its resource.
  private func change<Output: Sendable>(
    _ what: String, of id: String? = nil,
    _ body: @escaping @Sendable (FakeEngine) async throws(BackendError) -> Output
  ) async throws(BackendError) -> Output {
    guard !world.scheduler.isOver else { throw World.error(nil, "the world has ended") }
    let (world, inner) = (world, inner)
    return try await world.call(target, what, by: process.name) {
      let before = await SimulatedEngine.resource(of: id, on: inner)
      let result = await SimulatedEngine.attempt(inner, body)
      let created = if case .success(let output) = result { output as? String } else { String?.none }
      let after = await SimulatedEngine.resource(of: created, on: inner)
      if let changed = before ?? after { inner.notifyWatchers(changed) }
      return result
    }
  }

  private static func attempt<Output: Sendable>(
    _ engine: FakeEngine, _ body: @Sendable (FakeEngine) async throws(BackendError) -> Output
  ) async -> Result<Output, BackendError> {
    do throws(BackendError) {
      return .success(try await body(engine))
    } catch {
      return .failure(error)
    }
  }

  private static func resource(of id: String?, on engine: FakeEngine) async -> ResourceID? {
    guard let id else { return nil }
    return try? await engine.container(id)?.observation.labels.resource
  }

  func containers(
    of resources: Set<ResourceID>, _ marks: Marks
  ) async throws(BackendError) -> [InspectedContainer] {
    try await read("list of containers") { () async throws(BackendError) in
      try await inner.containers(of: resources, marks)
    }
  }

  func container(_ id: String) async throws(BackendError) -> InspectedContainer? {
    try await read("container \(id)") { () async throws(BackendError) in try await inner.container(id) }
  }

  func holder(ofName name: String) async throws(BackendError) -> NameHolder? {
    try await read("holder of \(name)") { () async throws(BackendError) in
      try await inner.holder(ofName: name)
    }
  }

  func ensureVolume(
    _ name: String, labels: [String: String], isOwn: @escaping @Sendable ([String: String]) -> Bool
  ) async throws(BackendError) {
    try await change("volume \(name)") { engine async throws(BackendError) in
      try await engine.ensureVolume(name, labels: labels, isOwn: isOwn)
    }
  }

  func create(_ request: ContainerRequest) async throws(BackendError) -> String {
    try await change("create \(request.name)") { engine async throws(BackendError) in
      try await engine.create(request)
    }
  }

  func start(_ id: String) async throws(BackendError) {
    try await change("start \(id)", of: id) { engine async throws(BackendError) in
      guard try await engine.container(id) != nil else {
        throw BackendError(code: "docker.notFound", "container \(id) does not exist")
      }
      try await engine.start(id)
    }
  }

  func stop(_ id: String) async throws(BackendError) {
    try await change("stop \(id)", of: id) { engine async throws(BackendError) in try await engine.stop(id) }
  }

  func remove(_ id: String) async throws(BackendError) {
    try await change("remove \(id)", of: id) { engine async throws(BackendError) in
      try await engine.remove(id)
    }
  }

  func rename(_ id: String, to name: String) async throws(BackendError) {
    try await change("rename \(id) to \(name)", of: id) { engine async throws(BackendError) in
      try await engine.rename(id, to: name)
    }
  }

  func update(_ id: String, to limits: ContainerLimits) async throws(BackendError) {
    try await change("update \(id)", of: id) { engine async throws(BackendError) in
      try await engine.update(id, to: limits)
    }
  }

  func connect(_ id: String, to network: String) async throws(BackendError) {
    try await change("connect \(id) to \(network)", of: id) { engine async throws(BackendError) in
      try await engine.connect(id, to: network)
    }
  }

  func disconnect(_ id: String, from network: String) async throws(BackendError) {
    try await change("disconnect \(id) from \(network)", of: id) { engine async throws(BackendError) in
      try await engine.disconnect(id, from: network)
    }
  }

  func watch(
    owner: String, connected: @Sendable () -> Void, changed: @Sendable (ResourceID) -> Void
  ) async throws(BackendError) {
    let faults = world.faults
    try await inner.watch(owner: owner, connected: connected) { id in
      guard faults.fault(at: "events", .lost) == nil else { return }
      changed(id)
      if faults.fault(at: "events", .duplicated) != nil { changed(id) }
    }
  }

  func info() async throws(BackendError) -> EngineInfo {
    try await read("info") { () async throws(BackendError) in try await inner.info() }
  }

  func volumes(labelled labels: [String: String]) async throws(BackendError) -> [String: [String: String]] {
    try await read("volumes") { () async throws(BackendError) in try await inner.volumes(labelled: labels) }
  }

  func removeVolume(_ name: String) async throws(BackendError) {
    try await change("remove volume \(name)") { engine async throws(BackendError) in
      try await engine.removeVolume(name)
    }
  }

  func containersByNode(_ marks: Marks) async throws(BackendError) -> [ResourceID: [String]] {
    try await read("containersByNode") { () async throws(BackendError) in
      try await inner.containersByNode(marks)
    }
  }

  func lastLines(of id: String, count: Int) async throws(BackendError) -> [String] {
    try await read("last lines of \(id)") { () async throws(BackendError) in
      try await inner.lastLines(of: id, count: count)
    }
  }
}
