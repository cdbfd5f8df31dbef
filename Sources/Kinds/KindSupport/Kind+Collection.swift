package import Manifests
package import Model
package import Planning
package import Reconciling

// Derived from several kinds.

extension [Kind] {
  package subscript(name: String) -> Kind? { first { $0.name == name } }

  package var schemas: [KindSchema] { map(\.schema) }

  package var planners: [String: AnyPlanner] {
    Dictionary(map { ($0.name, $0.planner) }, uniquingKeysWith: { first, _ in first })
  }

  package var backends: [String: AnyBackend] {
    Dictionary(map { ($0.name, $0.backend) }, uniquingKeysWith: { first, _ in first })
  }

  /// The offers of resources to each other, derived from their specs alone.
  package func offers(_ resources: [AnyResource]) -> Offers {
    let byKind = Dictionary(map { ($0.name, $0.offer) }, uniquingKeysWith: { first, _ in first })
    var offers = Offers()
    for resource in resources {
      if let offer = byKind[resource.id.kind]?(resource) { offers.add(offer, from: resource.id) }
    }
    return offers
  }

  package var ownershipRules: OwnershipRules {
    let byKind = Dictionary(map { ($0.name, $0.claims) }, uniquingKeysWith: { first, _ in first })
    return OwnershipRules(movableKinds: Set(filter(\.isMovable).map(\.name))) { resource, context in
      byKind[resource.id.kind]?(resource, context) ?? []
    }
  }

  /// The things that a resource declares to be its own; empty for a kind that is not known.
  package func claims(of resource: AnyResource, in context: ClaimContext) -> [ThingClaim] {
    self[resource.id.kind]?.claims(resource, context) ?? []
  }

  /// The manifest of a resource without the fields that equal their defaults.
  package func briefManifest(of resource: AnyResource) -> String {
    manifest(of: self[resource.id.kind]?.schema.brief(resource) ?? resource)
  }

  /// The complete manifest of a resource.
  package func manifest(of resource: AnyResource) -> String {
    YAMLWriter(kinds: self[resource.id.kind].map { [$0.schema] } ?? []).document(for: resource)
  }
}
