package import Model

extension Plan {
  /// The plan for programs, documented in `docs/plan-json.md`. Lists every resource in the order of
  /// execution.
  package func json() -> Value {
    .members([
      "environment": .string(environment),
      "revision": .integer(revision),
      "summary": summary.json(),
      "resources": .array(resources.map { $0.json() }),
    ])
  }
}

extension PlanSummary {
  fileprivate func json() -> Value {
    func count(_ number: Int) -> Value { .integer(Int64(number)) }
    return .members([
      "create": count(create), "update": count(update), "replace": count(replace), "delete": count(delete),
      "unchanged": count(unchanged), "waiting": count(waiting),
    ])
  }
}

extension ResourcePlan {
  fileprivate func json() -> Value {
    .members([
      "id": .string(id.description),
      "outcome": .string(outcome.rawValue),
      "steps": .array(steps.map { $0.json() }),
      "waitingOn": waitingOn.map { .string($0) } ?? .null,
      "place": outcome == .invalid ? location?.json : nil,
      "guards": .array(
        blockedBy.map { $0.json(isAllowed: false) } + allowed.map { $0.json(isAllowed: true) }),
    ])
  }
}

extension SourceLocation {
  fileprivate var json: Value {
    .members([
      "file": .string(file), "line": .integer(Int64(line)), "column": .integer(Int64(column)),
    ])
  }
}

extension GuardFinding {
  fileprivate func json(isAllowed: Bool) -> Value {
    .members([
      "rule": .string(rule.rawValue), "reason": .string(text), "allow": .string(flag),
      "howToAllow": .string(howToAllow), "isAllowed": .bool(isAllowed),
    ])
  }
}

extension Step {
  /// The description of a step, without its operation.
  package func json() -> Value {
    .members([
      "action": .string(action.rawValue),
      "summary": .string(summary),
      "reason": .string(reason),
      "risk": .string(risk.rawValue),
      "fields": .array(
        fields.map { change in
          .members([
            "path": .string(change.path), "from": change.from ?? .null, "to": change.to ?? .null,
          ])
        }),
    ])
  }
}
