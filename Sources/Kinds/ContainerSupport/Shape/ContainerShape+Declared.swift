internal import Model

extension ContainerShape {
  /// The shape of a container that is created from a template.
  /// - Parameter mounts: the engine's names of all volumes and their mount paths.
  package init(declaredBy template: ContainerTemplate, mounts: [String: String]) {
    environment = template.environment.mapValues { source -> Digest? in
      if case .plain(let text) = source { Digest(of: text) } else { nil }
    }
    command = template.command
    user = template.security.user
    readOnlyRoot = template.security.readOnlyRoot
    droppedCapabilities = ["ALL"]
    addedCapabilities = Set(template.security.addedCapabilities.map(Capability.canonical))
    tmpfs = template.security.tmpfs
    self.mounts = Dictionary(
      mounts.map { ($0.value, Mount($0.key)) }, uniquingKeysWith: { first, _ in first })
    ports = Set(template.ports)
    networks = [ContainerShape.network]
    restart = "unless-stopped"
    healthTest = template.healthCommand.map { ["CMD"] + $0 } ?? []
    keepsInputOpen = template.keepsInputOpen
    usesInit = true
    gpuCount = template.gpuCount
  }

  /// The only network of a container of the platform.
  package static let network = "bridge"
}

extension ContainerSecurity {
  /// The engine's options of the writable folders, by path.
  var tmpfs: [String: String] {
    writable.mapValues { "rw,noexec,nosuid,nodev,mode=1777,size=\($0.bytes)\(tmpfsOwner)" }
  }

  /// Runtimes give a mount point the mode that it has in the image, so it must belong to the user. Only the
  /// image knows users by name.
  private var tmpfsOwner: String {
    let numbers = user.split(separator: ":").compactMap { UInt32($0) }
    guard let uid = numbers.first, numbers.count == user.split(separator: ":").count else { return "" }
    return ",uid=\(uid),gid=\(numbers.count == 2 ? numbers[1] : uid)"
  }
}
