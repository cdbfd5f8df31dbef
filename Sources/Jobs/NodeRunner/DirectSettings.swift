package import ContainerSupport
package import Model

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

  /// Nil where its engine is not reached from here.
  package init?(_ node: ResourceID, _ offer: ComputeOffer) {
    guard let engine = offer.engine else { return nil }
    self.init(node.name, engine: engine, slots: offer.slots)
  }

  var id: ResourceID { ResourceID(kind: "Node", name: name) }
}

/// How the containers of a module take work.
package struct DirectModule: Hashable, Sendable {
  /// Name of the `Module`.
  package var name: String
  package var interface: WorkInterface
  /// Thousandths of a core that an attempt claims: what is metered where its time cannot be measured.
  package var cores: Int64
  /// When a container counts as fit for work.
  package var health: HealthRule

  package init(_ name: String, _ interface: WorkInterface, cores: Int64 = 1000, health: HealthRule = .running)
  {
    self.name = name
    self.interface = interface
    self.cores = cores
    self.health = health
  }

  package init(_ module: ResourceID, _ offer: WorkOffer, health: HealthRule = .running) {
    self.init(
      module.name, offer.interface, cores: offer.needs.cores?.thousandths ?? 1000, health: health)
  }

  var id: ResourceID { ResourceID(kind: "Module", name: name) }
}
