package import Model

extension Allowances {
  /// `{"allowed": ["prune"], "approval": {"plan": …, "approvers": […], "steps": {…}}}`; `approval` is null
  /// without one.
  package var json: Value {
    .members([
      "allowed": .array(granted.sorted().map { .string($0.description) }),
      "approval": approval.map { approval in
        .members([
          "plan": .string(approval.plan.hex), "approvers": .array(approval.approvers.map { .string($0) }),
          "steps": .object(
            Dictionary(
              uniqueKeysWithValues: approval.steps.map { ($0.key.description, .string($0.value.hex)) })),
        ])
      } ?? .null,
    ])
  }

  /// Nil unless it is the output of `json`.
  package init?(json: Value) {
    guard case .array(let words)? = json["allowed"] else { return nil }
    var granted: Set<Allowance> = []
    for word in words {
      guard let allowance = Allowance(word.plainText) else { return nil }
      granted.insert(allowance)
    }
    self.init(granted)
    guard let stored = json["approval"], stored != .null else { return }
    guard let approval = Approval(json: stored) else { return nil }
    self.approval = approval
  }
}

extension Approval {
  fileprivate init?(json: Value) {
    guard let plan = json["plan"].flatMap({ Digest(hex: $0.plainText) }),
      case .array(let approvers)? = json["approvers"], case .object(let members)? = json["steps"]
    else { return nil }
    var steps: [ResourceID: Digest] = [:]
    for member in members {
      guard let id = ResourceID(member.key), let digest = Digest(hex: member.value.plainText) else {
        return nil
      }
      steps[id] = digest
    }
    self.init(plan: plan, approvers: approvers.map(\.plainText), steps: steps)
  }
}
