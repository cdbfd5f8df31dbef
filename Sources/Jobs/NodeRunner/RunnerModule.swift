package import ContainerSupport
package import Model

/// How the containers of a module take work.
package struct RunnerModule: Hashable, Sendable {
  /// The name of the `Module`.
  package var name: String
  package var interface: WorkInterface
  /// Thousandths of a core that an attempt claims. The meter charges these where CPU time is not measured.
  package var cores: Int64
  /// When a container counts as healthy.
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
