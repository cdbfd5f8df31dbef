package import Model

/// The part of a container that cannot be changed while it exists. Equal templates make equal containers; a
/// container made from another template is replaced.
///
/// Secrets are references only: neither the digest nor a stored plan depends on a secret's value.
package struct ContainerTemplate: Hashable, Sendable, Codable {
  package var image: PinnedImage
  /// Arguments of the image's entry point; empty: the image's own command.
  package var command: [String]
  package var environment: [String: EnvironmentSource]
  package var security: ContainerSecurity
  package var ports: [PortBinding]
  /// Named volumes and their mount paths: `["data": "/var/lib/grafana"]`.
  package var volumes: [String: String]
  /// Volumes created outside the platform: the engine's names and their mount paths.
  package var externalVolumes: [String: String]
  /// Run by the engine every few seconds; nil: no such check.
  package var healthCommand: [String]?
  /// The number of GPUs that the container sees.
  package var gpuCount: Int
  /// Whether standard input stays open without a client, for programs that read jobs from it.
  package var keepsInputOpen: Bool

  package init(
    image: PinnedImage, command: [String] = [], environment: [String: EnvironmentSource] = [:],
    security: ContainerSecurity = .strict, ports: [PortBinding] = [],
    volumes: [String: String] = [:], externalVolumes: [String: String] = [:], healthCommand: [String]? = nil,
    gpuCount: Int = 0, keepsInputOpen: Bool = false
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

  /// Stored on the container as the label `rendertrust.com/spec`.
  package var digest: Digest { Digest(of: value) }

  /// The canonical form. `form` increases whenever the way in which a container is created from a template
  /// changes, so that containers created by an older controller are replaced.
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
  /// Resolved when the container is created, never earlier.
  case secret(SecretReference)

  /// The contribution to the template's digest: the text of a plain value, the reference of a secret one.
  fileprivate var identity: String {
    switch self {
    case .plain(let text): "plain:\(text)"
    case .secret(let reference): "secret:\(reference)"
    }
  }
}
