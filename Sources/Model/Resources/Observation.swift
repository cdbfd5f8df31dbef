/// How an observed resource that needs no step is doing.
package enum Health: Hashable, Sendable {
  case ready
  /// Ready, with something that is worth knowing.
  case noted(reason: String, message: String)
  /// Becomes ready by itself, such as a container that is starting.
  case progressing(reason: String, message: String)
  /// Works less well than declared, such as a failing health check or a backup older than its RPO.
  case degraded(reason: String, message: String)
}

/// What was seen of one resource.
package struct Observation: Sendable {
  /// The kind's own observed type; nil: proven absent.
  package let state: (any Sendable)?
  package let health: Health

  package init(state: (any Sendable)?, health: Health) {
    self.state = state
    self.health = health
  }
}
