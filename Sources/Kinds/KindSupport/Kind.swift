package import Manifests
package import Model
package import Planning
package import Reconciling

/// A kind, as its module registers it.
package struct Kind: Sendable {
  package let name: String
  package let schema: KindSchema
  package let planner: AnyPlanner
  package let backend: AnyBackend
  /// The offer of a desired resource to other resources, derived from its spec alone.
  package let offer: @Sendable (AnyResource) -> Offer?
  /// The things that a resource declares to be its own, derived from its spec and from names that were
  /// recorded before. No two claims of one resource have equal roles.
  package let claims: @Sendable (AnyResource, ClaimContext) -> [ThingClaim]
  /// Whether planner and backend take over what a renamed resource had under its former name; see
  /// `PlanContext.movedFrom`. A resource of another kind is removed and created when it is renamed.
  package let isMovable: Bool
  /// Describes an existing, unmanaged object as a manifest. Nil for kinds without import.
  package let importing:
    (@Sendable (ImportRequest, ReconcileContext) async -> Result<Imported<any ResourceSpec>, BackendError>)?
  /// The inverse of the planner: the resource corrected by its observation. Nil where the observation is of
  /// another kind.
  package let export: @Sendable (AnyResource, any Sendable, ReconcileContext) -> Exported<any ResourceSpec>?

  package typealias Importing<Spec: ManifestSpec> =
    @Sendable (ImportRequest, ReconcileContext) async -> Result<Imported<Spec>, BackendError>

  package init<Spec: ManifestSpec, P: ResourcePlanner, B: ResourceBackend>(
    _ type: Spec.Type, planner: P, backend: B,
    offer: @escaping @Sendable (Resource<Spec>) -> Offer? = { _ in nil },
    claims: @escaping @Sendable (Resource<Spec>, ClaimContext) -> [ThingClaim] = { _, _ in [] },
    isMovable: Bool = false,
    importing: Importing<Spec>? = nil,
    export: @escaping @Sendable (Resource<Spec>, P.Observed, ReconcileContext) -> Exported<Spec>
  ) where P.Spec == Spec, B.Spec == Spec, P.Observed == B.Observed, P.Operation == B.Operation {
    name = Spec.kind
    schema = KindSchema(type)
    self.planner = AnyPlanner(planner)
    self.backend = AnyBackend(backend)
    self.offer = { resource in resource.typed(as: Spec.self).flatMap(offer) }
    self.claims = { resource, context in
      resource.typed(as: Spec.self).map { claims($0, context) } ?? []
    }
    self.isMovable = isMovable
    if let importing {
      self.importing = { request, context in await importing(request, context).map { $0.anySpec } }
    } else {
      self.importing = nil
    }
    self.export = { resource, observed, context in
      guard let resource = resource.typed(as: Spec.self), let observed = observed as? P.Observed else {
        return nil
      }
      let exported = export(resource, observed, context)
      return Exported<any ResourceSpec>(exported.spec, remarks: exported.remarks)
    }
  }
}
