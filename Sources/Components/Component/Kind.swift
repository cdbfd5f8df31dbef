package import Manifests
package import Model
package import Planning
package import Reconciling

/// One kind as a component registers it.
package struct Kind: Sendable {
  package let name: String
  package let schema: KindSchema
  package let planner: AnyPlanner
  package let backend: AnyBackend
  /// What a desired resource offers to others, from its spec alone.
  package let offer: @Sendable (AnyResource) -> Offer?

  package init<Spec: ManifestSpec, P: ResourcePlanner, B: ResourceBackend>(
    _ type: Spec.Type, planner: P, backend: B,
    offer: @escaping @Sendable (Resource<Spec>) -> Offer? = { _ in nil }
  ) where P.Spec == Spec, B.Spec == Spec, P.Observed == B.Observed, P.Operation == B.Operation {
    name = Spec.kind
    schema = KindSchema(type)
    self.planner = AnyPlanner(planner)
    self.backend = AnyBackend(backend)
    self.offer = { resource in resource.typed(as: Spec.self).flatMap(offer) }
  }
}
