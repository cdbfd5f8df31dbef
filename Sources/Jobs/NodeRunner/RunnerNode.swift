package import Model

/// A node whose container engine this process can reach.
package struct RunnerNode: Hashable, Sendable {
  /// The name of the `Node`, as the scheduler knows it.
  package var name: String
  package var engine: EngineAddress
  /// The greatest number of attempts that run at once.
  package var slots: Int

  package init(_ name: String, engine: EngineAddress, slots: Int) {
    self.name = name
    self.engine = engine
    self.slots = slots
  }

  /// Nil when this process cannot reach the node's engine.
  package init?(_ node: ResourceID, _ offer: ComputeOffer) {
    guard let engine = offer.engine else { return nil }
    self.init(node.name, engine: engine, slots: offer.slots)
  }

  var id: ResourceID { ResourceID(kind: "Node", name: name) }
}
