package import Model
package import Reconciling

/// The containers that one resource may have.
package struct ContainerQuery: Sendable {
  package let id: ResourceID
  /// Engines that may run the resource's containers. While one of them does not answer, the state of the
  /// resource is unknown. Other engines are read too, and their failures do not matter.
  package let engines: Set<EngineAddress>
  package let health: HealthRule
  /// Containers that the resource adopts.
  package let adoptions: Set<Adoption>
  /// The node on which an adopted container counts as placed.
  package let node: ResourceID?

  package init(
    id: ResourceID, engines: Set<EngineAddress>, health: HealthRule, adoptions: Set<Adoption> = [],
    node: ResourceID? = nil
  ) {
    self.id = id
    self.engines = engines
    self.health = health
    self.adoptions = adoptions
    self.node = node
  }

  /// - Parameter engines: those of the nodes that the subject's specs allow. The engines of nodes that the
  ///   last applied resource refers to are added.
  package init<Spec: ContainerizedSpec>(
    for subject: Subject<Spec>, engines: [EngineAddress], adoptions: Set<Adoption> = [],
    node: ResourceID? = nil, in context: ReconcileContext
  ) {
    self.init(
      id: subject.id, engines: Set(engines + subject.formerEngines(in: context.offers)),
      health: subject.spec?.healthRule ?? .running, adoptions: adoptions, node: node)
  }
}

extension Subject {
  /// The desired spec and the last applied one, as far as they exist.
  package var specs: [Spec] { [desired?.spec, lastApplied?.spec, movedFrom?.spec].compactMap { $0 } }

  /// The engines of the nodes that the last applied resource refers to. A resource keeps these references
  /// until it is applied completely. Until then its containers may still be on a node that it left, so their
  /// absence is proven only once these engines answered.
  fileprivate func formerEngines(in offers: Offers) -> [EngineAddress] {
    [lastApplied, movedFrom].flatMap { $0?.references ?? [] }.compactMap { offers.compute[$0.target]?.engine }
  }
}
