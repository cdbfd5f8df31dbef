package import Model

/// The operation of a step that another process planned. It cannot be executed here.
package struct RemoteOperation: StepOperation {
  package init() {}
}

extension Plan {
  /// A plan of another process, for people to read. It renders to the same text and JSON and cannot be
  /// executed.
  /// - Parameter value: The output of `json()`. Nil when it is not a plan.
  package init?(decoding value: Value) {
    guard let environment = value.text(at: "environment"), let revision = value.integer(at: "revision"),
      let resources = value.list(at: "resources")
    else { return nil }
    var plans: [ResourcePlan] = []
    for resource in resources {
      guard let plan = ResourcePlan(decoding: resource) else { return nil }
      plans.append(plan)
    }
    self.init(
      environment: environment, revision: revision, manifestDigest: Digest(of: value), resources: plans)
  }
}

extension ResourcePlan {
  fileprivate init?(decoding value: Value) {
    guard let id = value.id(at: "id"), let outcome = value.word(at: "outcome", of: Outcome.self),
      let steps = value.list(at: "steps"), let guards = value.list(at: "guards")
    else { return nil }
    func findings(isAllowed: Bool) -> [GuardFinding] {
      guards.filter { $0["isAllowed"] == .bool(isAllowed) }.compactMap { GuardFinding(decoding: $0, of: id) }
    }
    self.init(
      id: id, outcome: outcome, steps: steps.compactMap { AnyStep(decoding: $0) },
      waitingOn: value.text(at: "waitingOn"), desired: nil, blockedBy: findings(isAllowed: false),
      allowed: findings(isAllowed: true), location: value["place"].flatMap { SourceLocation(decoding: $0) },
      handover: Handover(decoding: value))
  }
}

extension Handover {
  /// - Parameter value: A resource of a plan. Nil when it has no handover.
  fileprivate init?(decoding value: Value) {
    if let former = value.id(at: "movedFrom") {
      self = .movedFrom(former)
    } else if let new = value.id(at: "movedTo") {
      self = .movedTo(new)
    } else if let owner = value["belongsTo"], let id = owner.id(at: "id") {
      self = .belongsTo(id, environment: owner.text(at: "environment"))
    } else {
      return nil
    }
  }
}

extension SourceLocation {
  fileprivate init?(decoding value: Value) {
    guard let file = value.text(at: "file"), let line = value.integer(at: "line"),
      let column = value.integer(at: "column")
    else { return nil }
    self.init(file: file, line: Int(clamping: line), column: Int(clamping: column))
  }
}

extension GuardFinding {
  fileprivate init?(decoding value: Value, of id: ResourceID) {
    guard let rule = value.word(at: "rule", of: GuardRule.self), let text = value.text(at: "reason"),
      let howToAllow = value.text(at: "howToAllow"), let flag = value.text(at: "allow")
    else { return nil }
    self.init(id, .remote(RemoteReason(rule: rule, text: text, howToAllow: howToAllow, flag: flag)))
  }
}

extension Step where Operation == any StepOperation {
  /// A step of another process, for people to read.
  /// - Parameter value: The output of `json()`. Nil when it is not a step.
  package init?(decoding value: Value) {
    guard let action = value.word(at: "action", of: StepAction.self), let summary = value.text(at: "summary"),
      let reason = value.text(at: "reason"), let risk = value.word(at: "risk", of: Risk.self),
      let fields = value.list(at: "fields")
    else { return nil }
    func side(_ value: Value?) -> Value? { value == .null ? nil : value }
    self.init(
      action, summary, because: reason, risk: risk,
      fields: fields.compactMap { field in
        field.text(at: "path").map { FieldChange($0, from: side(field["from"]), to: side(field["to"])) }
      }, jobs: value.integer(at: "jobs").map { Int(clamping: $0) }, operation: RemoteOperation())
  }
}
