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
      "movedFrom": handover?.former.map { .string($0.description) },
      "movedTo": handover?.new.map { .string($0.description) },
      "belongsTo": handover?.owner,
      "place": outcome == .invalid ? location?.json : nil,
      "guards": .array(
        blockedBy.map { $0.json(isAllowed: false) } + allowed.map { $0.json(isAllowed: true) }),
    ])
  }
}

extension Handover {
  fileprivate var former: ResourceID? { if case .movedFrom(let id) = self { id } else { nil } }
  fileprivate var new: ResourceID? { if case .movedTo(let id) = self { id } else { nil } }
  fileprivate var owner: Value? {
    guard case .belongsTo(let id, let environment) = self else { return nil }
    return .members([
      "id": .string(id.description), "environment": environment.map { .string($0) },
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
      "jobs": jobs.map { .integer(Int64($0)) },
      "fields": .array(
        fields.map { change in
          .members([
            "path": .string(change.path), "from": change.from ?? .null, "to": change.to ?? .null,
          ])
        }),
    ])
  }
}
