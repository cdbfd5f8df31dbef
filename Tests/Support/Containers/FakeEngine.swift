package import ContainerSupport
package import Model
import Synchronization

/// A container engine in memory with the behaviour of a real one: names are unique, containers of a broken
/// image exit or fail their check, stopped containers stay, and the engine can be unreachable.
package final class FakeEngine: ContainerEngine {
  private struct Container {
    var inspected: InspectedContainer
    var labels: [String: String]
    var request: ContainerRequest?
  }

  private struct State {
    var containers: [String: Container] = [:]
    var volumes: [String: [String: String]] = [:]
    var images: Set<PinnedImage> = []
    var isReachable = true
    var next = 1
    var calls: [String] = []
    /// The number of changing calls that still succeed; nil: all of them.
    var callsLeft: Int?
    var failureEffect = StepEffect.settled
    var watchers: [AsyncStream<ResourceID>.Continuation] = []
  }

  private let state = Mutex(State())
  private let number: Int
  private let machine: EngineInfo
  /// Images whose program exits at once.
  private let crashing: Mutex<Set<Digest>> = Mutex([])
  /// Images that run but fail their check.
  private let unhealthy: Mutex<Set<Digest>> = Mutex([])

  /// - Parameter number: distinguishes its containers from those of other fakes.
  package init(number: Int = 1, machine: EngineInfo = .standard) {
    self.number = number
    self.machine = machine
  }

  // MARK: Faults and foreign changes

  package func setReachable(_ isReachable: Bool) { state.withLock { $0.isReachable = isReachable } }
  package func makeCrash(_ image: PinnedImage) { _ = crashing.withLock { $0.insert(image.digest) } }
  package func makeUnhealthy(_ image: PinnedImage) { _ = unhealthy.withLock { $0.insert(image.digest) } }

  /// Fails every changing call after this many, as if the controller were killed. Nil: no call fails.
  /// - Parameter effect: whether the failed calls may still take effect.
  package func failAfter(changes: Int?, effect: StepEffect = .settled) {
    state.withLock { state in
      state.callsLeft = changes
      state.failureEffect = effect
    }
  }

  /// Changes a container as another client of the engine does.
  package func changeOutOfBand(_ name: String, _ change: (inout ContainerObservation) -> Void) {
    state.withLock { state in
      guard let id = state.containers.first(where: { $0.value.inspected.observation.name == name })?.key
      else {
        return
      }
      change(&state.containers[id]!.inspected.observation)
    }
  }

  package func removeOutOfBand(_ name: String) {
    state.withLock { state in
      state.containers = state.containers.filter { $0.value.inspected.observation.name != name }
    }
  }

  package func removeVolumeOutOfBand(_ name: String) { state.withLock { $0.volumes[name] = nil } }

  /// Adds a container that the controller did not create.
  package func addUnmanaged(_ name: String, labels: [String: String] = [:]) {
    state.withLock { state in
      state.next += 1
      let otherLabels = ContainerLabels(of: .anything, owner: "another-owner")
      let observation = ContainerObservation(
        id: "unmanaged-\(state.next)", name: name, engine: .local, labels: otherLabels, image: "",
        state: .running,
        limits: ContainerLimits(memory: nil, cores: nil, pids: nil))
      state.containers[observation.id] = Container(
        inspected: InspectedContainer(observation: observation, address: nil), labels: labels, request: nil)
    }
  }

  // MARK: State for assertions

  package var observations: [ContainerObservation] {
    state.withLock { $0.containers.values.map(\.inspected.observation).sorted { $0.name < $1.name } }
  }
  package var names: [String] { observations.map(\.name) }
  package var running: [String] { observations.filter { $0.state == .running }.map(\.name) }
  package var volumeLabels: [String: [String: String]] { state.withLock { $0.volumes } }
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
    return unhealthy.withLock { $0.contains(image.digest) } ? "status 503" : nil
  }

  // MARK: ContainerEngine

  package func containers(
    of resources: Set<ResourceID>, owner: String
  ) async throws(BackendError) -> [InspectedContainer] {
    try check()
    return state.withLock { state in
      state.containers.values.filter {
        $0.labels[ContainerLabels.owner] == owner
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

  package func ensureVolume(_ name: String, labels: [String: String]) async throws(BackendError) {
    if let existing = state.withLock({ $0.volumes[name] }) {
      guard labels.allSatisfy({ existing[$0.key] == $0.value }) else {
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
      let observation = ContainerObservation(
        id: id, name: request.name, engine: .local, labels: request.labels,
        image: request.template.image.pullReference, state: .created, limits: request.limits)
      state.containers[id] = Container(
        inspected: InspectedContainer(observation: observation, address: "10.\(self.number).0.\(state.next)"),
        labels: request.labels.dictionary, request: request)
    }
    return id
  }

  package func start(_ id: String) async throws(BackendError) {
    try change("start \(name(of: id))") { state in
      guard let image = state.containers[id]?.request?.template.image else { return }
      let crashes = self.crashing.withLock { $0.contains(image.digest) }
      state.containers[id]!.inspected.observation.state = crashes ? .exited(1) : .running
      let isUnhealthy = self.unhealthy.withLock { $0.contains(image.digest) }
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
    try change("update \(name(of: id))") { $0.containers[id]?.inspected.observation.limits = limits }
  }

  /// Closes all event streams, as an engine does that restarts.
  package func endWatches() {
    let watchers = state.withLock { state in
      defer { state.watchers = [] }
      return state.watchers
    }
    for watcher in watchers { watcher.finish() }
  }

  package var watcherCount: Int { state.withLock { $0.watchers.count } }

  /// Reports a change of a container of this resource to all watchers.
  package func notifyWatchers(_ id: ResourceID) {
    for watcher in state.withLock({ $0.watchers }) { watcher.yield(id) }
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
    try change("remove volume \(name)") { $0.volumes[name] = nil }
  }

  package func containersByNode(owner: String) async throws(BackendError) -> [ResourceID: [String]] {
    try check()
    var names: [ResourceID: [String]] = [:]
    for container in state.withLock({ Array($0.containers.values) }) {
      guard container.labels[ContainerLabels.owner] == owner,
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
    return (request?.environment ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.reveal())" }
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
    let isAllowed = state.withLock { state in
      if let left = state.callsLeft {
        guard left > 0 else { return false }
        state.callsLeft = left - 1
      }
      state.calls.append(name)
      body(&state)
      return true
    }
    guard isAllowed else {
      let effect = state.withLock { $0.failureEffect }
      throw BackendError("killed", "the controller was killed here", effect: effect)
    }
  }
}

extension EngineInfo {
  package static let standard = EngineInfo(
    version: "20.10.24", cores: 2, memory: ByteCount(bytes: 8 << 30), isRootless: false, hasSeccomp: true,
    runtimes: ["io.containerd.runc.v2", "runc"], cgroupVersion: "2")
}

extension ContainerPlan {
  fileprivate static let anything = ContainerPlan(
    resource: ResourceID(kind: "Other", name: "thing"), engine: .local,
    template: ContainerTemplate(image: .sample("other")),
    limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
}

extension PinnedImage {
  /// An image whose digest derives from its name.
  package static func sample(_ name: String, tag: String = "1") -> PinnedImage {
    PinnedImage(name: "registry.test/\(name)", tag: tag, digest: Digest(of: "\(name):\(tag)"))
  }
}
