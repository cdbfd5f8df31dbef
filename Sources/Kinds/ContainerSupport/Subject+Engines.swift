package import Model
package import Reconciling

extension Subject {
  /// Engines of the nodes that what was last applied refers to. A resource that was to move, or whose node does not fit
  /// any more, keeps that reference until it is applied completely: its containers may be there still, and are not gone
  /// before these engines have said so.
  package func formerEngines(in offers: Offers) -> [EngineAddress] {
    lastApplied?.references.compactMap { offers.compute[$0.target]?.engine } ?? []
  }
}
