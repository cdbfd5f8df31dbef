package import ContainerSupport
package import Model
import Synchronization

/// A container engine in memory with the behaviour of a real one: names are unique, containers of a broken
/// image exit or fail their check, stopped containers stay, and the engine can be unreachable.
package final class FakeEngine: ContainerEngine {
  struct Container {
    var inspected: InspectedContainer
    var labels: [String: String]
    var request: ContainerRequest?
  }

  struct State {
    var containers: [String: Container] = [:]
    var volumes: [String: [String: String]] = [:]
    /// What programs wrote, by volume.
    var contents: [String: Set<String>] = [:]
    var images: Set<PinnedImage> = []
    /// Images whose program exits at once.
    var crashing: Set<Digest> = []
    /// Images that run but fail their check.
    var unhealthy: Set<Digest> = []
    /// Changes the shape of every new container.
    var creation: @Sendable (inout ContainerShape) -> Void = { _ in }
    var isReachable = true
    var next = 1
    var calls: [String] = []
    /// The number of changing calls that still succeed; nil: all of them.
    var callsLeft: Int?
    var failureEffect = StepEffect.settled
    var watchers: [AsyncStream<ResourceID>.Continuation] = []
  }

  let state = Mutex(State())
  private let number: Int
  private let machine: EngineInfo

  /// - Parameter number: distinguishes its containers from those of other fakes.
  package init(number: Int = 1, machine: EngineInfo = .standard) {
    self.number = number
    self.machine = machine
  }

  // MARK: State for assertions

  package var observations: [ContainerObservation] {
    state.withLock { $0.containers.values.map(\.inspected.observation).sorted { $0.name < $1.name } }
  }
  package var names: [String] { observations.map(\.name) }
  package var running: [String] { observations.filter { $0.state == .running }.map(\.name) }
  package var volumeLabels: [String: [String: String]] { state.withLock { $0.volumes } }
  /// What programs wrote into volumes, by volume.
  package var volumeContents: [String: Set<String>] { state.withLock { $0.contents } }
  package func write(_ text: String, toVolume volume: String) {
    state.withLock { _ = $0.contents[volume, default: []].insert(text) }
  }
  /// The names of the changing calls, with their subject.
  package var changes: [String] { state.withLock { $0.calls } }
  package func request(for name: String) -> ContainerRequest? {
    state.withLock { state in
      state.containers.values.first { $0.inspected.observation.name == name }?.request
    }
  }

  /// Answers health checks over HTTP.
  /// - Returns: the problem; nil where the check passes.
  package func problem(at address: String) -> String? {
    let image = state.withLock { state in
      state.containers.values.first { $0.inspected.address == address }?.request?.template.image
    }
    guard let image else { return "connection refused" }
    return state.withLock { $0.unhealthy.contains(image.digest) } ? "status 503" : nil
  }

  // MARK: ContainerEngine

  package func containers(
    of resources: Set<ResourceID>, _ marks: Marks
  ) async throws(BackendError) -> [InspectedContainer] {
    try check()
    return state.withLock { state in
      state.containers.values.filter {
        marks.include($0.inspected.observation.labels)
          && resources.contains($0.inspected.observation.labels.resource)
      }.map(\.inspected)
    }
  }

  package func container(_ id: String) async throws(BackendError) -> InspectedContainer? {
    try check()
    return state.withLock { $0.containers[id]?.inspected }
  }

  package func holder(ofName name: String) async throws(BackendError) -> NameHolder? {
    try check()
    return state.withLock { state in
      state.containers.first { $0.value.inspected.observation.name == name }.map {
        NameHolder(id: $0.key, labels: $0.value.labels)
      }
    }
  }

  package func ensureVolume(
    _ name: String, labels: [String: String], isOwn: @escaping @Sendable ([String: String]) -> Bool
  ) async throws(BackendError) {
    if let existing = state.withLock({ $0.volumes[name] }) {
      guard isOwn(existing) else {
        throw BackendError(
          code: "volume.foreign", "the controller did not create volume \(name)", retry: .afterChange)
      }
      return
    }
    try change("volume \(name)") { $0.volumes[name] = labels }
  }

  package func create(_ request: ContainerRequest) async throws(BackendError) -> String {
    let isTaken = state.withLock { state in
      state.containers.values.contains { $0.inspected.observation.name == request.name }
    }
    if isTaken { throw BackendError(code: "docker.nameTaken", "the name \(request.name) is taken") }
    let image = request.template.image
    if !state.withLock({ $0.images.contains(image) }) {
      try change("pull \(image.displayName)") { $0.images.insert(image) }
    }
    var id = ""
    try change("create \(request.name)") { state in
      state.next += 1
      id = "c\(self.number)-\(state.next)"
      var observation = ContainerObservation(
        id: id, name: request.name, engine: .local, labels: request.labels,
        image: request.template.image.pullReference, state: .created, limits: request.limits)
      var shape = ContainerShape(declaredBy: request.template, mounts: request.mounts)
      state.creation(&shape)
      shape.environment = request.environment.mapValues { Digest(of: $0.reveal()) }
      observation.shape = ObservedShape(shape, image: ImageSettings())
      state.containers[id] = Container(
        inspected: InspectedContainer(observation: observation, address: "10.\(self.number).0.\(state.next)"),
        labels: request.labels.dictionary, request: request)
    }
    return id
  }

  package func start(_ id: String) async throws(BackendError) {
    try change("start \(name(of: id))") { state in
      guard let image = state.containers[id]?.request?.template.image else { return }
      let crashes = state.crashing.contains(image.digest)
      state.containers[id]!.inspected.observation.state = crashes ? .exited(1) : .running
      let isUnhealthy = state.unhealthy.contains(image.digest)
      let isChecked = state.containers[id]!.request?.template.healthCommand != nil
      state.containers[id]!.inspected.observation.health =
        isUnhealthy && isChecked ? .failing("its health command fails") : .good
    }
  }

  package func stop(_ id: String) async throws(BackendError) {
    try change("stop \(name(of: id))") { state in
      guard state.containers[id] != nil else { return }
      state.containers[id]!.inspected.observation.state = .exited(0)
    }
  }

  package func remove(_ id: String) async throws(BackendError) {
    try change("remove \(name(of: id))") { $0.containers[id] = nil }
  }

  package func rename(_ id: String, to name: String) async throws(BackendError) {
    try change("rename \(self.name(of: id))") { $0.containers[id]?.inspected.observation.name = name }
  }

  package func update(_ id: String, to limits: ContainerLimits) async throws(BackendError) {
    try change("update \(name(of: id))") { state in
      state.containers[id]?.inspected.observation.limits = limits
      state.containers[id]?.inspected.observation.shape?.shape.restart = "unless-stopped"
      state.containers[id]?.inspected.observation.shape?.shape.swap = .none
    }
  }

  package func connect(_ id: String, to network: String) async throws(BackendError) {
    try change("connect \(name(of: id)) to \(network)") { state in
      state.containers[id]?.inspected.observation.shape?.shape.networks.insert(network)
    }
  }

  package func disconnect(_ id: String, from network: String) async throws(BackendError) {
    try change("disconnect \(name(of: id)) from \(network)") { state in
      state.containers[id]?.inspected.observation.shape?.shape.networks.remove(network)
    }
  }

  package func watch(
    owner: String, connected: @Sendable () -> Void, changed: @Sendable (ResourceID) -> Void
  ) async throws(BackendError) {
    try check()
    let (events, watcher) = AsyncStream<ResourceID>.makeStream()
    connected()
    state.withLock { $0.watchers.append(watcher) }
    for await id in events { changed(id) }
  }

  package func info() async throws(BackendError) -> EngineInfo {
    try check()
    return machine
  }

  package func volumes(
    labelled labels: [String: String]
  ) async throws(BackendError) -> [String: [String: String]] {
    try check()
    return state.withLock { state in
      state.volumes.filter { volume in labels.allSatisfy { volume.value[$0.key] == $0.value } }
    }
  }

  package func removeVolume(_ name: String) async throws(BackendError) {
    try change("remove volume \(name)") { state in
      state.volumes[name] = nil
      state.contents[name] = nil
    }
  }

  package func containersByNode(_ marks: Marks) async throws(BackendError) -> [ResourceID: [String]] {
    try check()
    var names: [ResourceID: [String]] = [:]
    for container in state.withLock({ Array($0.containers.values) }) {
      guard marks.include(container.inspected.observation.labels),
        let node = container.inspected.observation.labels.node
      else { continue }
      names[node, default: []].append(container.inspected.observation.name)
    }
    return names.mapValues { $0.sorted() }
  }

  package func lastLines(of id: String, count: Int) async throws(BackendError) -> [String] {
    try check()
    let request = state.withLock { $0.containers[id]?.request }
    // A careless program prints its environment.
    let environment = (request?.environment ?? [:]).mapValues { $0.reveal() }
    return environment.sorted { $0.key < $1.key }.map {
      OutputRedaction.redact("\($0.key)=\($0.value)", environment.values)
    }
  }

  private func name(of id: String) -> String {
    state.withLock { $0.containers[id]?.inspected.observation.name ?? id }
  }

  private func check() throws(BackendError) {
    guard state.withLock({ $0.isReachable }) else {
      throw BackendError(code: "docker.unreachable", "Docker at fake-\(number) is not reachable")
    }
  }

  private func change(_ name: String, _ body: (inout State) -> Void) throws(BackendError) {
    try check()
    guard !Task.isCancelled else {
      throw BackendError(code: "cancelled", "the call to fake-\(number) was cancelled")
    }
    let failureEffect: StepEffect? = state.withLock { state in
      if let left = state.callsLeft {
        guard left > 0 else { return state.failureEffect }
        state.callsLeft = left - 1
      }
      state.calls.append(name)
      body(&state)
      return nil
    }
    if let failureEffect {
      throw BackendError("killed", "the controller was killed here", effect: failureEffect)
    }
  }
}
