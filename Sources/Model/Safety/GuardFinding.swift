/// One rule that blocks the steps of one resource, or that a person has overridden.
package struct GuardFinding: Hashable, Sendable {
  package let resource: ResourceID
  package let reason: GuardReason

  package init(_ resource: ResourceID, _ reason: GuardReason) {
    self.resource = resource
    self.reason = reason
  }

  package var rule: GuardRule { reason.rule }
}
