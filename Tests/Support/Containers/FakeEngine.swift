package import ContainerSupport
package import Model
import Synchronization

/// An engine in memory, with the behaviour of a real one that the rooms rely on: names are unique, containers of a
/// broken image end or fail their check, stopped containers stay, and it can be unreachable.
package final class FakeEngine: ContainerEngine {
  private struct Container {
    var facts: InspectedContainer
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
    /// Counts down with every call that changes something; at zero the call fails and so do all after it.
    var callsLeft: Int?
    var listeners: [AsyncStream<ResourceID>.Continuation] = []
  }

  private let state = Mutex(State())
  private let number: Int
  private let machine: EngineInfo
  /// Images whose program ends at once.
  private let crashing: Mutex<Set<Digest>> = Mutex([])
  /// Images that run but never answer well.
  private let sick: Mutex<Set<Digest>> = Mutex([])

  /// - Parameter number: tells its containers from those of other fakes.
  package init(number: Int = 1, machine: EngineInfo = .usual) {
    self.number = number
    self.machine = machine
  }

  // What tests do to the world.

  package func setReachable(_ isReachable: Bool) { state.withLock { $0.isReachable = isReachable } }
  package func makeCrash(_ image: PinnedImage) { _ = crashing.withLock { $0.insert(image.digest) } }
  package func makeUnhealthy(_ image: PinnedImage) { _ = sick.withLock { $0.insert(image.digest) } }
  package func cure(_ image: PinnedImage) {
    _ = sick.withLock { $0.remove(image.digest) }
    _ = crashing.withLock { $0.remove(image.digest) }
  }

  /// Lets this many changing calls through and fails every one after, as a controller that is killed would look.
  package func failAfter(changes: Int?) { state.withLock { $0.callsLeft = changes } }

  /// Changes what is there behind the controller's back.
  package func changeOutOfBand(_ name: String, _ change: (inout ContainerObservation) -> Void) {
    state.withLock { state in
      guard let id = state.containers.first(where: { $0.value.facts.observation.name == name })?.key else {
        return
      }
      change(&state.containers[id]!.facts.observation)
    }
  }

  package func removeOutOfBand(_ name: String) {
    state.withLock { state in
      state.containers = state.containers.filter { $0.value.facts.observation.name != name }
    }
  }

  package func removeVolumeOutOfBand(_ name: String) { state.withLock { $0.volumes[name] = nil } }

  /// A container that somebody else made.
  package func addUnmanaged(_ name: String, labels: [String: String] = [:]) {
    state.withLock { state in
      state.next += 1
      let labelled = ContainerLabels(of: .anything, owner: "somebody-else")
      let observation = ContainerObservation(
        id: "foreign-\(state.next)", name: name, engine: .local, labels: labelled, image: "", state: .running,
        limits: ContainerLimits(memory: nil, cores: nil, pids: nil))
      state.containers[observation.id] = Container(
        facts: InspectedContainer(observation: observation, address: nil), labels: labels, request: nil)
    }
  }

  // What tests look at.

  package var observations: [ContainerObservation] {
    state.withLock { $0.containers.values.map(\.facts.observation).sorted { $0.name < $1.name } }
  }
  package var names: [String] { observations.map(\.name) }
  package var running: [String] { observations.filter { $0.state == .running }.map(\.name) }
  package var volumeLabels: [String: [String: String]] { state.withLock { $0.volumes } }
  /// Names of the calls that changed something, with their subject.
  package var changes: [String] { state.withLock { $0.calls } }
  package func request(for name: String) -> ContainerRequest? {
    state.withLock { state in
      state.containers.values.first { $0.facts.observation.name == name }?.request
    }
  }

  /// Answers for containers that were asked over HTTP.
  package func problem(at address: String) -> String? {
    let image = state.withLock { state in
      state.containers.values.first { $0.facts.address == address }?.request?.template.image
    }
    guard let image else { return "connection refused" }
    return sick.withLock { $0.contains(image.digest) } ? "status 503" : nil
  }

  // The engine.

  package func containers(
    of resources: Set<ResourceID>, owner: String
  ) async throws(BackendError) -> [InspectedContainer] {
    try check()
    return state.withLock { state in
      state.containers.values.filter {
        $0.labels[ContainerLabels.owner] == owner && resources.contains($0.facts.observation.labels.resource)
      }.map(\.facts)
    }
  }

  package func container(_ id: String) async throws(BackendError) -> InspectedContainer? {
    try check()
    return state.withLock { $0.containers[id]?.facts }
  }

  package func holder(ofName name: String) async throws(BackendError) -> NameHolder? {
    try check()
    return state.withLock { state in
      state.containers.first { $0.value.facts.observation.name == name }.map {
        NameHolder(id: $0.key, labels: $0.value.labels)
      }
    }
  }

  package func ensureVolume(_ name: String, labels: [String: String]) async throws(BackendError) {
    if let existing = state.withLock({ $0.volumes[name] }) {
      guard labels.allSatisfy({ existing[$0.key] == $0.value }) else {
        throw BackendError(code: "volume.foreign", "volume \(name) was not made here", retry: .afterChange)
      }
      return
    }
    try change("volume \(name)") { $0.volumes[name] = labels }
  }

  package func create(_ request: ContainerRequest) async throws(BackendError) -> String {
    let isTaken = state.withLock { state in
      state.containers.values.contains { $0.facts.observation.name == request.name }
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
        facts: InspectedContainer(observation: observation, address: "10.\(self.number).0.\(state.next)"),
        labels: request.labels.dictionary, request: request)
    }
    return id
  }

  package func start(_ id: String) async throws(BackendError) {
    try change("start \(name(of: id))") { state in
      guard let image = state.containers[id]?.request?.template.image else { return }
      let crashes = self.crashing.withLock { $0.contains(image.digest) }
      state.containers[id]!.facts.observation.state = crashes ? .exited(1) : .running
      let isSick = self.sick.withLock { $0.contains(image.digest) }
      let isChecked = state.containers[id]!.request?.template.healthCommand != nil
      state.containers[id]!.facts.observation.health =
        isSick && isChecked ? .failing("its health command fails") : .good
    }
  }

  package func stop(_ id: String) async throws(BackendError) {
    try change("stop \(name(of: id))") { state in
      guard state.containers[id] != nil else { return }
      state.containers[id]!.facts.observation.state = .exited(0)
    }
  }

  package func remove(_ id: String) async throws(BackendError) {
    try change("remove \(name(of: id))") { $0.containers[id] = nil }
  }

  package func rename(_ id: String, to name: String) async throws(BackendError) {
    try change("rename \(self.name(of: id))") { $0.containers[id]?.facts.observation.name = name }
  }

  package func update(_ id: String, to limits: ContainerLimits) async throws(BackendError) {
    try change("update \(name(of: id))") { $0.containers[id]?.facts.observation.limits = limits }
  }

  /// Ends all conversations, as an engine does that is restarted.
  package func endWatches() {
    let listeners = state.withLock { state in
      defer { state.listeners = [] }
      return state.listeners
    }
    for listener in listeners { listener.finish() }
  }

  /// How many watch at the moment.
  package var watcherCount: Int { state.withLock { $0.listeners.count } }

  /// Tells all who watch that a container of this resource changed.
  package func tell(_ id: ResourceID) {
    for listener in state.withLock({ $0.listeners }) { listener.yield(id) }
  }

  package func watch(
    owner: String, connected: @Sendable () -> Void, changed: @Sendable (ResourceID) -> Void
  ) async throws(BackendError) {
    try check()
    let (events, listener) = AsyncStream<ResourceID>.makeStream()
    connected()
    state.withLock { $0.listeners.append(listener) }
    for await id in events { changed(id) }
  }

  package func facts() async throws(BackendError) -> EngineInfo {
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
    var containersByNode: [ResourceID: [String]] = [:]
    for container in state.withLock({ Array($0.containers.values) }) {
      guard container.labels[ContainerLabels.owner] == owner,
        let node = container.facts.observation.labels.node
      else { continue }
      containersByNode[node, default: []].append(container.facts.observation.name)
    }
    return containersByNode.mapValues { $0.sorted() }
  }

  package func lastLines(of id: String, count: Int) async throws(BackendError) -> [String] {
    try check()
    let request = state.withLock { $0.containers[id]?.request }
    // A careless program prints its environment.
    return (request?.environment ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.reveal())" }
  }

  private func name(of id: String) -> String {
    state.withLock { $0.containers[id]?.facts.observation.name ?? id }
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
    guard isAllowed else { throw BackendError(code: "killed", "the controller was killed here") }
  }
}

extension EngineInfo {
  package static let usual = EngineInfo(
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
  /// An image whose digest follows from its name.
  package static func sample(_ name: String, tag: String = "1") -> PinnedImage {
    PinnedImage(repository: "registry.test/\(name)", tag: tag, digest: Digest(of: "\(name):\(tag)"))
  }
}
