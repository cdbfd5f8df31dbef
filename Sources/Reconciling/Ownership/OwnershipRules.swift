package import Model

/// What the kinds say about the things of their resources.
package struct OwnershipRules: Sendable {
  /// The things that a resource declares to be its own.
  package let claims: @Sendable (AnyResource, ClaimContext) -> [ThingClaim]
  /// The kinds whose resources keep their things under a new name.
  let movableKinds: Set<String>

  package init(
    movableKinds: Set<String> = [],
    claims: @escaping @Sendable (AnyResource, ClaimContext) -> [ThingClaim] = { _, _ in [] }
  ) {
    self.claims = claims
    self.movableKinds = movableKinds
  }
}
