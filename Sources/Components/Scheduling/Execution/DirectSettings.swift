package import Model
package import Workloads

/// A node whose engine is reached from here.
package struct DirectNode: Hashable, Sendable {
  /// As the scheduler knows it: the name of the `Node`.
  package var name: String
  package var engine: EngineAddress
  /// Attempts at once.
  package var slots: Int

  package init(_ name: String, engine: EngineAddress, slots: Int) {
    self.name = name
    self.engine = engine
    self.slots = slots
  }

  var id: ResourceID { ResourceID(kind: "Node", name: name) }
}

/// How the containers of a module take work.
package struct DirectModule: Hashable, Sendable {
  package enum Interface: Hashable, Sendable {
    /// The command is started inside for each attempt: JSON on its standard input, JSON on its standard output.
    case stdio(command: [String])
    /// JSON in the body of a POST request to the port inside, JSON in the answer.
    case http(port: Int, path: String)
  }

  package static let standardCommand = ["/module/run"]

  /// Name of the `Module`.
  package var name: String
  package var interface: Interface
  /// Thousandths of a core that an attempt claims: what is metered where its time cannot be measured.
  package var cores: Int64
  /// When a container counts as fit for work.
  package var health: HealthRule

  package init(_ name: String, _ interface: Interface, cores: Int64 = 1000, health: HealthRule = .running) {
    self.name = name
    self.interface = interface
    self.cores = cores
    self.health = health
  }

  var id: ResourceID { ResourceID(kind: "Module", name: name) }
}
