package import Model

/// What a step of a told plan would execute is known where the plan was made, and nowhere else.
package struct RemoteOperation: StepOperation {
  package init() {}
}

extension Plan {
  /// A plan of another process, for people to read; it cannot be executed. It renders to the same text and JSON.
  /// - Parameter told: what `json()` wrote; nil where that is no plan.
  package init?(decoding value: Value) {
    guard let environment = told.text(at: "environment"), let revision = told.integer(at: "revision"),
      let resources = told.list(at: "resources")
    else { return nil }
    var plans: [ResourcePlan] = []
    for resource in resources {
      guard let plan = ResourcePlan(decoding: resource) else { return nil }
      plans.append(plan)
    }
    self.init(
      environment: environment, revision: revision, manifestDigest: Digest(of: told), resources: plans)
  }
}

extension ResourcePlan {
  fileprivate init?(decoding value: Value) {
    guard let id = told.id(at: "id"), let outcome = told.word(at: "outcome", of: Outcome.self),
      let steps = told.list(at: "steps"), let guards = told.list(at: "guards")
    else { return nil }
    func findings(isAllowed: Bool) -> [GuardFinding] {
      guards.filter { $0["isAllowed"] == .bool(isAllowed) }.compactMap { GuardFinding(decoding: $0, of: id) }
    }
    let place = told["place"].flatMap { place -> SourceLocation? in
      guard let file = place.text(at: "file"), let line = place.integer(at: "line"),
        let column = place.integer(at: "column")
      else { return nil }
      return SourceLocation(file: file, line: Int(clamping: line), column: Int(clamping: column))
    }
    self.init(
      id: id, outcome: outcome, steps: steps.compactMap { AnyStep(decoding: $0) },
      waitingOn: told.text(at: "waitingOn"), desired: nil, blockedBy: findings(isAllowed: false),
      allowed: findings(isAllowed: true), place: place)
  }
}

extension GuardFinding {
  fileprivate init?(decoding value: Value, of id: ResourceID) {
    guard let rule = told.word(at: "rule", of: GuardRule.self), let text = told.text(at: "reason"),
      let howToAllow = told.text(at: "howToAllow"), let flag = told.text(at: "allow")
    else { return nil }
    self.init(id, .remote(RemoteReason(rule: rule, text: text, howToAllow: howToAllow, flag: flag)))
  }
}

extension Step where Operation == any StepOperation {
  /// A step of another process, for people to read.
  /// - Parameter told: what `json()` wrote; nil where that is no step.
  package init?(decoding value: Value) {
    guard let action = told.word(at: "action", of: StepAction.self), let summary = told.text(at: "summary"),
      let reason = told.text(at: "reason"), let risk = told.word(at: "risk", of: Risk.self),
      let fields = told.list(at: "fields")
    else { return nil }
    func side(_ value: Value?) -> Value? { value == .null ? nil : value }
    self.init(
      action, summary, because: reason, risk: risk,
      fields: fields.compactMap { field in
        field.text(at: "path").map { FieldChange($0, from: side(field["from"]), to: side(field["to"])) }
      }, operation: RemoteOperation())
  }
}
