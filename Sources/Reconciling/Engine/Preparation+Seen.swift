package import Model

extension Engine.Preparation {
  /// What was seen of each resource; paused ones were not looked at.
  package var seen: [ResourceID: Result<Observation, BackendError>] { observations }
  package var surroundings: ReconcileContext { context }
  /// What was last applied and is still answered for.
  package var applied: [ResourceID: AnyResource] { inventory.mapValues(\.resource) }
}
