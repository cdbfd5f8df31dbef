import FoundationEssentials
package import Model

/// Digests of steps with their operations, which identify a plan.
enum StepDigest {
  /// The digest of steps in their order. For an operation that cannot be encoded, only its description
  /// counts.
  static func of(_ steps: [AnyStep], _ heading: String = "") -> Digest {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var bytes = Array("\(heading)\n".utf8)
    for step in steps { bytes.append(contentsOf: describe(step, with: encoder)) }
    return Digest(of: bytes)
  }

  /// The digest of the steps of several resources under these manifests.
  static func ofPlan(_ steps: [ResourceID: Digest], environment: String, manifests: Digest) -> Digest {
    let lines = steps.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.hex)\n" }
    return Digest(of: "\(environment)\n\(manifests.hex)\n\(lines.joined())")
  }

  static func ofPlan(_ steps: [ResourceID: Digest], under desired: DesiredState) -> Digest {
    ofPlan(steps, environment: desired.environment, manifests: desired.digest)
  }

  /// Everything of a step but its reason, which may contain an age that grows until the plan is approved.
  private static func describe(_ step: AnyStep, with encoder: JSONEncoder) -> [UInt8] {
    let shown = Step(
      step.action, step.summary, because: "", risk: step.risk, fields: step.fields, operation: ())
    let operation = (try? encoder.encode(step.operation)).map { Array($0) } ?? Array("unknown".utf8)
    return shown.json().jsonBytes() + [0x0A] + operation + [0x0A]
  }
}

extension Plan {
  /// The approval that these people would give to this plan; nil when nothing in it needs approval. The same
  /// before and after the plan is approved.
  package func approval(by approvers: [String]) -> Approval? {
    var steps: [ResourceID: Digest] = [:]
    for resource in resources
    where (resource.blockedBy + resource.allowed).contains(where: { $0.rule == .destructive }) {
      steps[resource.id] = StepDigest.of(resource.steps)
    }
    guard !steps.isEmpty else { return nil }
    return Approval(
      plan: StepDigest.ofPlan(steps, environment: environment, manifests: manifestDigest),
      approvers: approvers, steps: steps)
  }
}
