package import Model

/// Everything about a container that cannot be changed while it lives. Equal templates make equal containers; a
/// container made from another template is replaced.
///
/// Secrets stand here as references only: neither the digest nor a stored plan tells anything about a value.
package struct ContainerTemplate: Hashable, Sendable, Codable {
  package var image: PinnedImage
  /// Arguments of the image's entry point; empty: the image's own command.
  package var command: [String]
  package var environment: [String: EnvironmentSource]
  package var security: ContainerSecurity
  package var ports: [PortBinding]
  /// Named volumes and where they stand inside: `["data": "/var/lib/grafana"]`.
  package var volumes: [String: String]
  /// Volumes that somebody else made, by the engine's names, and where they stand inside.
  package var externalVolumes: [String: String]
  /// Run by the engine itself every few seconds; nil: no such check.
  package var healthCommand: [String]?
  /// How many GPUs of the machine the container sees.
  package var gpuCount: Int
  /// Whether its input stays open without a reader, for programs that take work from it.
  package var keepsInputOpen: Bool

  package init(
    image: PinnedImage, command: [String] = [], environment: [String: EnvironmentSource] = [:],
    security: ContainerSecurity = ContainerSecurity(), ports: [PortBinding] = [],
    volumes: [String: String] = [:], externalVolumes: [String: String] = [:], healthCommand: [String]? = nil,
    gpuCount: Int = 0,
    keepsInputOpen: Bool = false
  ) {
    self.image = image
    self.command = command
    self.environment = environment
    self.security = security
    self.ports = ports
    self.volumes = volumes
    self.externalVolumes = externalVolumes
    self.healthCommand = healthCommand
    self.gpuCount = gpuCount
    self.keepsInputOpen = keepsInputOpen
  }

  /// Kept on the container as the label `rendertrust.com/spec`.
  package var digest: Digest { Digest(of: value) }

  /// Canonical form. `form` is raised whenever the way a container is made from a template changes, so that
  /// containers of an older controller are replaced instead of being taken for equal.
  private var value: Value {
    .members([
      "form": .integer(1),
      "image": .string(image.pullReference),
      "command": .array(command.map(Value.string)),
      "environment": .object(environment.mapValues { .string($0.identity) }),
      "user": .string(security.user),
      "readOnlyRoot": .bool(security.readOnlyRoot),
      "capabilities": .array(security.addedCapabilities.sorted().map(Value.string)),
      "writable": .object(security.writable.mapValues { .integer($0.bytes) }),
      "ports": .array(ports.map(\.description).sorted().map(Value.string)),
      "volumes": .object(volumes.mapValues(Value.string)),
      "externalVolumes": externalVolumes.isEmpty ? nil : .object(externalVolumes.mapValues(Value.string)),
      "healthCommand": healthCommand.map { .array($0.map(Value.string)) },
      "gpuCount": .integer(Int64(gpuCount)),
      "keepsInputOpen": .bool(keepsInputOpen),
    ])
  }
}

/// A value of a container's environment.
package enum EnvironmentSource: Hashable, Sendable, Codable {
  case plain(String)
  /// Resolved when the container is created, and nowhere earlier.
  case secret(SecretReference)

  /// What enters the template's digest: the text of a plain value, the place of a secret one.
  fileprivate var identity: String {
    switch self {
    case .plain(let text): "plain:\(text)"
    case .secret(let reference): "secret:\(reference)"
    }
  }
}

/// How much a container may do beyond computing. The defaults are the strictest that a container can live with:
/// nobody's user, no capability, no new privileges, a read-only root and an own folder for temporary files. The
/// engine's default seccomp profile is never switched off (seeds 5, edge container escape).
package struct ContainerSecurity: Hashable, Sendable, Codable {
  /// User and group inside, numeric or by name.
  package var user: String
  package var readOnlyRoot: Bool
  /// Capabilities given back after all were dropped, such as `NET_BIND_SERVICE`.
  package var addedCapabilities: [String]
  /// Folders in memory that can be written although the root is read-only, with their size.
  package var writable: [String: ByteCount]

  package init(
    user: String = ContainerSecurity.nobody, readOnlyRoot: Bool = true, addedCapabilities: [String] = [],
    writable: [String: ByteCount] = ["/tmp": ContainerSecurity.temporaryFolderSize]
  ) {
    self.user = user
    self.readOnlyRoot = readOnlyRoot
    self.addedCapabilities = addedCapabilities
    self.writable = writable
  }

  package static let nobody = "65532:65532"
  package static let temporaryFolderSize = ByteCount(bytes: 64 << 20)
}

/// A container's port on the host: `127.0.0.1:9119:3000`, with `/udp` where it is not TCP.
package struct PortBinding: Hashable, Sendable, Codable, CustomStringConvertible {
  package enum Transport: String, Hashable, Sendable, Codable { case tcp, udp }

  package let hostAddress: String
  package let hostPort: Int
  package let containerPort: Int
  package let transport: Transport

  package init(hostAddress: String, hostPort: Int, containerPort: Int, transport: Transport = .tcp) {
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }

  package static let loopback = "127.0.0.1"

  /// Reads `[address:]hostPort:containerPort[/udp]`; without an address it is reachable from this host only.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count <= 2,
      let transport = Transport(rawValue: halves.count == 2 ? String(halves[1]) : "tcp")
    else { return nil }
    let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let container = Int(parts[parts.count - 1]),
      let host = Int(parts[parts.count - 2]), (1...65535).contains(container), (1...65535).contains(host)
    else { return nil }
    let address = parts.count == 3 ? String(parts[0]) : PortBinding.loopback
    guard PortBinding.isIPv4(address) else { return nil }
    self.init(hostAddress: address, hostPort: host, containerPort: container, transport: transport)
  }

  package var description: String {
    "\(hostAddress):\(hostPort):\(containerPort)\(transport == .udp ? "/udp" : "")"
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
