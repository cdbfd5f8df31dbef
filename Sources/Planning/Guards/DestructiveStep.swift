package import Model

/// A step that destroys data, as it is shown to a person who confirms it.
package struct DestructiveStep: Hashable, Sendable {
  package let resource: ResourceID
  package let summary: String
  package let reason: String
  /// Digest of the resource and the step with its operation, which identifies the step in a later plan.
  package let digest: Digest

  package init(resource: ResourceID, summary: String, reason: String, digest: Digest) {
    self.resource = resource
    self.summary = summary
    self.reason = reason
    self.digest = digest
  }
}

extension Plan {
  /// The steps that destroy data and would run now, in the order of the plan.
  package var destructiveSteps: [DestructiveStep] {
    resources.filter(\.isExecutable).flatMap { resource in
      resource.steps.filter { $0.risk == .destructive }.map { step in
        DestructiveStep(
          resource: resource.id, summary: step.summary, reason: step.reason,
          digest: StepDigest.of([step], resource.id.description))
      }
    }
  }
}

extension DestructiveStep: JSONRepresentable {
  package var value: Value {
    .members([
      "resource": .string(resource.description), "step": .string(summary), "reason": .string(reason),
      "digest": .string(digest.hex),
    ])
  }

  package init?(_ value: Value) {
    guard let resource = value.id(at: "resource"), let summary = value.text(at: "step"),
      let reason = value.text(at: "reason"), let digest = value.text(at: "digest").flatMap(Digest.init(hex:))
    else { return nil }
    self.init(resource: resource, summary: summary, reason: reason, digest: digest)
  }
}
