package import Model

/// The configuration of a container: what a plan declares beyond its limits, and what an engine reports.
/// Holds no values of variables.
///
/// `ContainerShape(declaredBy:…)` and the observed shape of a container that was created from the same plan
/// have no `changes`, whatever the version of the controller that created it.
package struct ContainerShape: Hashable, Sendable {
  package struct Mount: Hashable, Sendable {
    /// The engine's name of a volume, or a folder of its machine.
    package let source: String
    package let isVolume: Bool
    package let isReadOnly: Bool

    package init(_ source: String, isVolume: Bool = true, isReadOnly: Bool = false) {
      self.source = source
      self.isVolume = isVolume
      self.isReadOnly = isReadOnly
    }
  }

  /// Swap in addition to memory.
  package enum Swap: Hashable, Sendable {
    case none
    case limited(ByteCount)
    case unlimited
  }

  /// Digests of the values by name; nil for any value, as of a secret variable that a plan declares.
  package var environment: [String: Digest?] = [:]
  package var command: [String] = []
  package var entrypoint: [String] = []
  package var workingDirectory = ""
  package var user = ""
  package var readOnlyRoot = false
  package var allowsNewPrivileges = false
  /// `default`, `unconfined` or `custom`.
  package var seccomp = "default"
  package var droppedCapabilities: Set<String> = []
  package var addedCapabilities: Set<String> = []
  /// The engine's options of the folders in memory, by path.
  package var tmpfs: [String: String] = [:]
  /// By path.
  package var mounts: [String: Mount] = [:]
  /// The host ports, published now or as soon as the container runs.
  package var ports: Set<PortBinding> = []
  package var networks: Set<String> = []
  package var restart = ""
  package var swap = Swap.none
  /// `["CMD", program, argument…]`; empty without a health check.
  package var healthTest: [String] = []
  package var keepsInputOpen = false
  package var usesInit = false
  /// -1: all GPUs of the machine.
  package var gpuCount = 0
  /// Labels of other owners than the platform.
  package var labels: [String: String] = [:]
  /// Settings that widen the container's reach or limit it, by the engine's name. No plan declares one.
  package var deviations: [String: String] = [:]

  package init() {}
}

/// The settings that a container takes from its image where its plan says nothing.
package struct ImageSettings: Hashable, Sendable {
  package var command: [String] = []
  package var entrypoint: [String] = []
  package var workingDirectory = ""
  package var environment: [String: Digest] = [:]
  package var labels: [String: String] = [:]
  /// The paths at which the engine mounts a volume of its own.
  package var volumes: Set<String> = []
  package var healthTest: [String] = []

  package init() {}
}

/// What an engine reports about the configuration of a container.
package struct ObservedShape: Hashable, Sendable {
  package var shape: ContainerShape
  /// Nil where the engine no longer has the image. Settings that may come from the image are then not
  /// compared.
  package var image: ImageSettings?

  package init(_ shape: ContainerShape, image: ImageSettings?) {
    self.shape = shape
    self.image = image
  }
}
