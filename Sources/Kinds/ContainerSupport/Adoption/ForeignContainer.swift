package import Model

/// A container that was not made here, with everything that a manifest could say about it, and what it cannot say.
package struct ForeignContainer: Sendable {
  package var name: String
  package var labels: [String: String]
  /// Its life as the engine tells it; the labels in it mean nothing.
  package var facts: ContainerFacts
  /// Nil for an image that no registry knows by digest.
  package var image: PinnedImage?
  /// As it was asked for.
  package var imageName: String
  /// Nil: the image's own.
  package var command: [String]?
  /// Without what comes from the image.
  package var environment: [String: Secret]
  /// As the container or its image says; empty for root.
  package var user: String
  package var readOnlyRoot: Bool
  package var dropsAllCapabilities: Bool
  package var addedCapabilities: [String]
  /// Folders in memory; nil where no size is set.
  package var tmpfs: [String: ByteCount?]
  package var ports: [PortBinding]
  /// Volumes by the engine's names, and where they stand.
  package var volumes: [String: String]
  /// Nil: none, or the image's own.
  package var healthCommand: [String]?
  /// As set; nil where there is none.
  package var limits: ContainerLimits
  /// What a container without limits may use.
  package var machine: EngineFacts
  package var keepsInputOpen: Bool
  /// What no manifest can say: the field, and what becomes of it when the container is replaced.
  package var oddities: [AdoptionRemark]

  package init(
    name: String, labels: [String: String] = [:], facts: ContainerFacts, image: PinnedImage?,
    imageName: String,
    command: [String]? = nil, environment: [String: Secret] = [:], user: String = "",
    readOnlyRoot: Bool = false,
    dropsAllCapabilities: Bool = false, addedCapabilities: [String] = [], tmpfs: [String: ByteCount?] = [:],
    ports: [PortBinding] = [], volumes: [String: String] = [:], healthCommand: [String]? = nil,
    limits: ContainerLimits = ContainerLimits(memory: nil, cores: nil, pids: nil), machine: EngineFacts,
    keepsInputOpen: Bool = false, oddities: [AdoptionRemark] = []
  ) {
    self.name = name
    self.labels = labels
    self.facts = facts
    self.image = image
    self.imageName = imageName
    self.command = command
    self.environment = environment
    self.user = user
    self.readOnlyRoot = readOnlyRoot
    self.dropsAllCapabilities = dropsAllCapabilities
    self.addedCapabilities = addedCapabilities
    self.tmpfs = tmpfs
    self.ports = ports
    self.volumes = volumes
    self.healthCommand = healthCommand
    self.limits = limits
    self.machine = machine
    self.keepsInputOpen = keepsInputOpen
    self.oddities = oddities
  }
}

/// What a person should know about one field of something that is taken over. Never holds a value that may be secret.
package struct AdoptionRemark: Hashable, Sendable {
  /// As in the manifest, or as the engine calls what no manifest says.
  package let field: String
  package let note: String

  package init(_ field: String, _ note: String) {
    self.field = field
    self.note = note
  }
}
