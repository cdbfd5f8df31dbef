internal import ContainerSupport
internal import Manifests
package import Model

/// The record of a node on its engine. A node behind a relay has none.
package enum NodeClaims {
  /// - Parameter canonical: the address under which the controller knows an engine.
  package static func of(
    _ node: Resource<NodeSpec>, in context: ClaimContext, canonical: (EngineAddress) -> EngineAddress
  ) -> [ThingClaim] {
    guard let engine = node.spec.engine.address.map(canonical) else { return [] }
    return [
      ThingClaim(
        .node(context.recordName(of: node.id), on: engine), field: "metadata.name",
        role: ClaimContext.recordRole)
    ]
  }
}
