package import Model

/// A container that the platform did not create, with everything that a manifest can declare about it.
package struct UnmanagedContainer: Sendable {
  package var name: String
  package var labels: [String: String] = [:]
  /// As the engine reports it; its labels are meaningless.
  package var container: InspectedContainer
  /// Nil for an image without a digest in a registry.
  package var image: PinnedImage?
  /// The image reference that the container was created with.
  package var imageName: String
  /// Nil: the image's own command.
  package var command: [String]?
  /// Without the variables of the image.
  package var environment: [String: Secret] = [:]
  /// The user of the container, else of its image; empty for root.
  package var user = ""
  package var readOnlyRoot = false
  package var dropsAllCapabilities = false
  package var addedCapabilities: [String] = []
  /// Folders in memory; nil where no size is set.
  package var tmpfs: [String: ByteCount?] = [:]
  package var ports: [PortBinding] = []
  /// The engine's names of volumes and their mount paths.
  package var volumes: [String: String] = [:]
  /// Nil: no check, or the image's own.
  package var healthCommand: [String]?
  /// Nil where no limit is set.
  package var limits = ContainerLimits(memory: nil, cores: nil, pids: nil)
  /// The machine, whose resources a container without limits may use.
  package var machine: EngineInfo
  package var keepsInputOpen = false
  /// The settings that no manifest can declare, and what happens to them when the container is replaced.
  package var unsupported: [AdoptionRemark] = []
}

/// What a person should know about one field of an adopted container. Never holds a value that may be a
/// secret.
package struct AdoptionRemark: Hashable, Sendable {
  /// The field of the manifest, or the engine's name of a setting that no manifest can declare.
  package let field: String
  package let note: String

  package init(_ field: String, _ note: String) {
    self.field = field
    self.note = note
  }
}
