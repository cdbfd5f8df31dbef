package import DockerEngine
internal import Model
internal import Synchronization

// The shape of containers as Docker reports it.
extension DockerHost {
  /// The containers with their shapes. Images are read once, because an id stands for the same content for
  /// ever.
  func shaped(
    _ states: [(state: ContainerState, labels: ContainerLabels)]
  ) async throws(BackendError) -> [InspectedContainer] {
    var containers: [InspectedContainer] = []
    for (state, labels) in states {
      let image = try await imageSettings.value(of: state.imageID) { id async throws(BackendError) in
        try await translating { () async throws(DockerError) in try await docker.imageDefaults(id) }
      }
      var container = InspectedContainer(state, labels: labels)
      container.observation.shape = ObservedShape(ContainerShape(state), image: image.map(ImageSettings.init))
      containers.append(container)
    }
    let isUnlimited = containers.contains { $0.observation.shape?.shape.swap == .unlimited }
    guard isUnlimited else { return containers }
    let limitsSwap = try await translating { () async throws(DockerError) in
      try await docker.info().hasSwapLimit
    }
    guard !limitsSwap else { return containers }
    // The kernel cannot limit swap, so the engine reports no limit whatever was requested.
    for index in containers.indices { containers[index].observation.shape?.shape.swap = .none }
    return containers
  }
}

/// The settings of images by id.
final class ImageCache: Sendable {
  private let images = Mutex<[String: ImageDefaults]>([:])
  private static let maxImages = 1024

  /// An image that the engine does not have is not remembered.
  func value(
    of id: String, read: (String) async throws(BackendError) -> ImageDefaults?
  ) async throws(BackendError) -> ImageDefaults? {
    if let image = images.withLock({ $0[id] }) { return image }
    let image = try await read(id)
    images.withLock { images in
      if images.count >= Self.maxImages { images = [:] }
      images[id] = image
    }
    return image
  }
}

extension ContainerShape {
  /// As the engine reports it.
  package init(_ state: ContainerState) {
    environment = state.environment.mapValues { $0 }
    command = state.command
    entrypoint = state.entrypoint
    workingDirectory = ContainerShape.folder(state.workingDirectory)
    user = state.hardening.user
    readOnlyRoot = state.hardening.readOnlyRoot
    allowsNewPrivileges = !state.hardening.noNewPrivileges
    switch state.hardening.seccomp {
    case .standard: seccomp = "default"
    case .unconfined: seccomp = "unconfined"
    case .custom: seccomp = "custom"
    }
    droppedCapabilities = Set(state.hardening.droppedCapabilities.map(Capability.canonical))
    addedCapabilities = Set(state.hardening.addedCapabilities.map(Capability.canonical))
    tmpfs = state.tmpfs
    mounts = Dictionary(
      state.mounts.map { ($0.path, Mount($0.source, isVolume: $0.isVolume, isReadOnly: $0.isReadOnly)) },
      uniquingKeysWith: { first, _ in first })
    ports = Set(state.ports.compactMap(PortBinding.init))
    networks = Set(state.networks)
    switch state.restart {
    case .no: restart = "no"
    case .always: restart = "always"
    case .unlessStopped: restart = "unless-stopped"
    case .onFailure(let maximum): restart = "on-failure:\(maximum)"
    }
    swap =
      state.swap < 0 ? .unlimited : state.swap == 0 ? .none : .limited(ByteCount(bytes: state.swap))
    healthTest = state.healthCheck?.test ?? []
    keepsInputOpen = state.keepsInputOpen
    usesInit = state.usesInit
    gpuCount = state.gpuCount
    labels = state.labels.filter { label in
      !ContainerShape.engineLabels.contains { label.key.hasPrefix($0) }
    }
    deviations = state.deviations
  }
}

extension ContainerShape {
  /// The beginnings of the labels of the platform and of those that engines add themselves.
  private static let engineLabels = ["\(Model.labelPrefix)/", "com.docker.", "desktop.docker.io/"]

  /// The path as engines write it for a container; an image may have `/app/` or no path at all.
  fileprivate static func folder(_ path: String) -> String {
    "/" + path.pathComponents.joined(separator: "/")
  }
}

extension ImageSettings {
  package init(_ image: ImageDefaults) {
    self.init()
    command = image.command
    entrypoint = image.entrypoint
    workingDirectory = ContainerShape.folder(image.workingDirectory)
    environment = image.environment
    labels = image.labels
    volumes = Set(image.volumes.map(ContainerShape.folder))
    healthTest = image.healthTest == ["NONE"] ? [] : image.healthTest
  }
}

extension PortBinding {
  /// Nil for an address that no manifest can declare.
  init?(_ port: PublishedPort) {
    guard let address = HostAddress(engineText: port.hostIP) else { return nil }
    self.init(
      hostAddress: address, hostPort: port.hostPort, containerPort: port.containerPort,
      transport: port.transport == .udp ? .udp : .tcp)
  }
}
