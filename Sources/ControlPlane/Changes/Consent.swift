package import Model
package import Planning

/// The consent of a person to steps of a change that destroy data.
package enum Consent: Sendable {
  case none
  /// To every such step of the change.
  case all
  /// To the steps with these digests, and to no others.
  case steps(Set<Digest>)

  package init(to steps: [DestructiveStep]) { self = .steps(Set(steps.map(\.digest))) }

  /// The same consent, and the consent to these steps.
  package func adding(_ steps: [DestructiveStep]) -> Consent {
    switch self {
    case .all: .all
    case .none: Consent(to: steps)
    case .steps(let digests): .steps(digests.union(steps.map(\.digest)))
    }
  }

  /// - Throws: `blocked` with the steps of the plan that lack the consent.
  package func require(for plan: Plan) throws(OperationError) {
    let missing = plan.destructiveSteps.filter { !covers($0) }
    guard missing.isEmpty else { throw .unconfirmed(missing) }
  }

  private func covers(_ step: DestructiveStep) -> Bool {
    switch self {
    case .none: false
    case .all: true
    case .steps(let digests): digests.contains(step.digest)
    }
  }

  /// Whether a later pass of the change may execute this plan: it destroys nothing that the first plan did
  /// not destroy, unless the consent is to everything.
  package func admits(_ later: Plan, after first: Plan) -> Bool {
    if case .all = self { return true }
    return Set(later.destructiveSteps.map(\.digest)).isSubset(of: first.destructiveSteps.map(\.digest))
  }
}

extension OperationError {
  /// Steps that destroy data are not confirmed.
  static func unconfirmed(_ steps: [DestructiveStep]) -> OperationError {
    var error = OperationError.blocked(
      "\(steps.summary) and are not confirmed: the request needs ‘confirmed’ or ‘confirmedSteps’; "
        + "nothing was changed")
    error.unconfirmed = steps
    return error
  }
}

extension [DestructiveStep] {
  /// The number of steps, and their resources: `2 steps destroy data (Database/p1, Database/p2)`
  package var summary: String {
    var names: [String] = []
    for step in self where names.last != step.resource.description { names.append("\(step.resource)") }
    let shown =
      names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    return "\(count) \(count == 1 ? "step destroys" : "steps destroy") data (\(shown))"
  }
}

extension Consent {
  /// The members of a request body. Omits members without a value.
  package var members: [String: Value] {
    switch self {
    case .none: [:]
    case .all: ["confirmed": .bool(true)]
    case .steps(let digests): ["confirmedSteps": .array(digests.map(\.hex).sorted().map(Value.string))]
    }
  }

  /// - Parameter body: may contain the members `confirmed` and `confirmedSteps`.
  package init(_ body: Value) throws(OperationError) {
    if body.flag(at: "confirmed") ?? false {
      self = .all
      return
    }
    guard let texts = body.list(at: "confirmedSteps") else {
      self = .none
      return
    }
    var digests: Set<Digest> = []
    for text in texts {
      guard let digest = Digest(hex: text.plainText) else {
        throw .usage("body.confirmedSteps contains ‘\(text.plainText)’, which is not a digest")
      }
      digests.insert(digest)
    }
    self = .steps(digests)
  }

  package static let schema: [String: Value] = [
    "confirmed": WireSchema.flag,
    "confirmedSteps": WireSchema.list(
      .members(["type": .string("string"), "pattern": .string("^[0-9a-f]{64}$")]), maxItems: 10_000),
  ]
}
