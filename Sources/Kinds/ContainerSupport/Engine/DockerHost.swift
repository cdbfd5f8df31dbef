internal import Concurrency
package import DockerEngine
package import Model

/// A container engine on the Docker driver.
package struct DockerHost: ContainerEngine {
  let docker: DockerEngine
  /// An engine creates and starts many containers fastest with a few requests at a time
  /// (`Benchmarks/README.md`).
  private let creations = AsyncSemaphore(limit: 8)
  let imageSettings = ImageCache()

  package init(_ docker: DockerEngine) { self.docker = docker }

  package func containers(
    of resources: Set<ResourceID>, _ marks: Marks
  ) async throws(BackendError) -> [InspectedContainer] {
    // Not by environment: containers of programs before 0.5.0 have no label for it.
    var labels = [ContainerLabels.owner: marks.controller]
    // The engine combines label filters with AND, so it can filter by one resource or by none.
    if resources.count == 1 { labels[ContainerLabels.resource] = resources.first?.description }
    let listed = try await translating { [labels] () async throws(DockerError) in
      try await docker.listContainers(labels: labels)
    }
    let wanted = listed.filter {
      ContainerLabels($0.labels).map { resources.contains($0.resource) && marks.include($0) } ?? false
    }
    let inspected = await docker.inspectContainers(wanted.map(\.id))
    var states: [(state: ContainerState, labels: ContainerLabels)] = []
    for summary in wanted {
      switch inspected[summary.id] {
      case .success(let state?)?:
        if let labels = ContainerLabels(state.labels) { states.append((state, labels)) }
      case .success(nil)?, nil: break  // Removed between the two calls.
      case .failure(let error)?: throw error.backendError
      }
    }
    return try await shaped(states)
  }

  package func container(_ id: String) async throws(BackendError) -> InspectedContainer? {
    let state = try await translating { () async throws(DockerError) in try await docker.inspectContainer(id)
    }
    guard let state else { return nil }
    if let labels = ContainerLabels(state.labels) { return try await shaped([(state, labels)]).first }
    // An adopted container lacks the platform's labels; the caller knows its resource.
    return InspectedContainer(state, labels: .unmanaged(name: state.name))
  }

  package func holder(ofName name: String) async throws(BackendError) -> NameHolder? {
    let state = try await translating { () async throws(DockerError) in
      try await docker.inspectContainer(name)
    }
    return state.map { NameHolder(id: $0.id, labels: $0.labels) }
  }

  package func ensureVolume(
    _ name: String, labels: [String: String], isOwn: @escaping @Sendable ([String: String]) -> Bool
  ) async throws(BackendError) {
    let existing = try await translating { () async throws(DockerError) in
      try await docker.listVolumes().first { $0.name == name }
    }
    if let existing {
      guard isOwn(existing.labels) else { throw foreignVolume(existing) }
      return
    }
    try await translating { () async throws(DockerError) in
      try await docker.createVolume(name, labels: labels)
    }
  }

  private func foreignVolume(_ volume: VolumeState) -> BackendError {
    let owner = ContainerLabels.ownerPhrase(volume.labels)
    return BackendError(
      code: "volume.foreign",
      "Docker at \(docker.endpoint) has a volume \(volume.name), which belongs to \(owner)",
      hint: "rename or remove it; the controller never changes it", retry: .afterChange)
  }

  package func create(_ request: ContainerRequest) async throws(BackendError) -> String {
    try await translating { () async throws(DockerError) in
      do throws(DockerError) {
        return try await make(request)
      } catch {
        guard error.code == .imageMissing else { throw error }
      }
      try await docker.pullImage(request.template.image.pullReference)
      return try await make(request)
    }
  }

  private func make(_ request: ContainerRequest) async throws(DockerError) -> String {
    let configuration = DockerHost.configuration(of: request)
    return try await creations.withPermit { () async throws(DockerError) in
      try await docker.createContainer(name: request.name, configuration)
    }
  }

  package func start(_ id: String) async throws(BackendError) {
    do throws(DockerError) {
      try await creations.withPermit(isPriority: true) { () async throws(DockerError) in
        try await docker.start(id)
      }
    } catch {
      if error.code == .portTaken { throw await portTaken(error, by: id) }
      try await translating { () async throws(DockerError) in
        guard error.code == .conflict, try await docker.inspectContainer(id)?.status == .paused else {
          throw error
        }
        try await docker.unpause(id)
      }
    }
  }

  package func stop(_ id: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in
      do throws(DockerError) {
        try await docker.stop(id)
      } catch {
        guard error.code == .notFound else { throw error }
      }
    }
  }

  package func remove(_ id: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in try await docker.remove(id, force: true) }
  }

  package func removeKeepingVolumes(_ id: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in
      try await docker.remove(id, force: true, keepsVolumes: true)
    }
  }

  package func rename(_ id: String, to name: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in try await docker.rename(id, to: name) }
  }

  package func update(_ id: String, to limits: ContainerLimits) async throws(BackendError) {
    try await translating { () async throws(DockerError) in
      try await docker.update(id, resources: limits.resources, restart: .unlessStopped)
    }
  }

  package func connect(_ id: String, to network: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in try await docker.connect(id, to: network) }
  }

  package func disconnect(_ id: String, from network: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in try await docker.disconnect(id, from: network) }
  }

  package func lastLines(of id: String, count: Int) async throws(BackendError) -> [String] {
    let text = try await translating { () async throws(DockerError) in try await docker.logs(id, tail: count)
    }
    let values = try await translating { () async throws(DockerError) in try await docker.ownVariables(of: id)
    }
    return text.split(whereSeparator: \.isNewline).suffix(count).map {
      OutputRedaction.redact(String($0), values.map { $0.reveal() })
    }
  }

  /// Actions that change an observation. The events of each run of a health command do not.
  private static let relevantActions: Set<String> = [
    "create", "start", "die", "oom", "destroy", "update", "pause", "unpause", "rename",
  ]

  package func watch(
    owner: String, connected: @Sendable () -> Void, changed: @Sendable (ResourceID) -> Void
  ) async throws(BackendError) {
    try await translating { () async throws(DockerError) in
      let events = try await docker.events(labels: [ContainerLabels.owner: owner])
      connected()
      var iterator = events.makeAsyncIterator()
      while let event = try await iterator.next() {
        let isRelevant =
          DockerHost.relevantActions.contains(event.action) || event.action.hasPrefix("health_status")
        guard isRelevant, let labels = ContainerLabels(event.attributes), labels.owner == owner else {
          continue
        }
        changed(labels.resource)
      }
    }
  }

  package func info() async throws(BackendError) -> EngineInfo {
    let info = try await translating { () async throws(DockerError) in try await docker.info() }
    return EngineInfo(
      version: info.serverVersion, cores: info.cores, memory: ByteCount(bytes: info.memory),
      isRootless: info.isRootless, hasSeccomp: info.hasSeccomp, runtimes: info.runtimes,
      cgroupVersion: info.cgroupVersion)
  }

  package func volumes(
    labelled labels: [String: String]
  ) async throws(BackendError) -> [String: [String: String]] {
    let volumes = try await translating { () async throws(DockerError) in
      try await docker.listVolumes(labels: labels)
    }
    return Dictionary(volumes.map { ($0.name, $0.labels) }, uniquingKeysWith: { first, _ in first })
  }

  package func removeVolume(_ name: String) async throws(BackendError) {
    try await translating { () async throws(DockerError) in try await docker.removeVolume(name) }
  }

  package func containersByNode(_ marks: Marks) async throws(BackendError) -> [ResourceID: [String]] {
    let listed = try await translating { () async throws(DockerError) in
      try await docker.listContainers(labels: [ContainerLabels.owner: marks.controller])
    }
    var containersByNode: [ResourceID: [String]] = [:]
    for summary in listed {
      guard let labels = ContainerLabels(summary.labels), marks.include(labels), let node = labels.node else {
        continue
      }
      containersByNode[node, default: []].append(summary.name)
    }
    return containersByNode.mapValues { $0.sorted() }
  }
}
