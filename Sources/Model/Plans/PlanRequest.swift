/// The complete input of a plan.
package struct PlanRequest: Sendable {
  package let revision: Int64
  package let desired: DesiredState
  package let inventory: [ResourceID: InventoryEntry]
  package let observations: [ResourceID: Result<Observation, BackendError>]
  package let reconcile: ReconcileContext
  /// The resources to plan; nil for every resource that is desired or in the inventory.
  package let scope: Set<ResourceID>?
  package let allowances: Allowances
  /// The things that a resource declares to be its own.
  package let claims: @Sendable (AnyResource) -> [ThingClaim]

  package init(
    revision: Int64, desired: DesiredState, inventory: [ResourceID: InventoryEntry],
    observations: [ResourceID: Result<Observation, BackendError>], reconcile: ReconcileContext,
    scope: Set<ResourceID>?, allowances: Allowances,
    claims: @escaping @Sendable (AnyResource) -> [ThingClaim] = { _ in [] }
  ) {
    self.revision = revision
    self.desired = desired
    self.inventory = inventory
    self.observations = observations
    self.reconcile = reconcile
    self.scope = scope
    self.allowances = allowances
    self.claims = claims
  }
}
