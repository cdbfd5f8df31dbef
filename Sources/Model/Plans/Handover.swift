/// How the things of a resource change their owner without being created or removed.
package enum Handover: Hashable, Sendable {
  /// The resource is the new name of this one.
  case movedFrom(ResourceID)
  /// The resource leaves, and this one is its new name.
  case movedTo(ResourceID)
  /// The resource leaves, and everything it declared belongs to this one, so that nothing is removed.
  /// `environment` is nil for the environment of the plan.
  case belongsTo(ResourceID, environment: String?)
}
