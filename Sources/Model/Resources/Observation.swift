/// The health of an observed resource that needs no step. `reason` is a CamelCase word of the kind's own.
package enum Health: Hashable, Sendable {
  case ready
  /// Ready, with a remark.
  case noted(reason: String, message: String)
  /// Becomes ready by itself, such as a container that is starting.
  case progressing(reason: String, message: String)
  /// Works less well than declared, such as a failing health check or a backup older than its RPO.
  case degraded(reason: String, message: String)
}

/// What a backend observed of one resource.
package struct Observation: Sendable {
  /// A value of the kind's observed type; nil when the resource is proven absent.
  package let state: (any Sendable)?
  package let health: Health
  /// Which data the object holds; nil for an object without data that is recorded.
  package let identity: DataIdentity?

  package init(state: (any Sendable)?, health: Health, identity: DataIdentity? = nil) {
    self.state = state
    self.health = health
    self.identity = identity
  }
}
