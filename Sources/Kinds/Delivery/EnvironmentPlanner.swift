internal import Manifests
package import Model
package import Planning

/// The record of an environment in the controller's database.
package struct EnvironmentObserved: Sendable, Equatable {
  /// The canonical spec as compact JSON.
  package let specJSON: String
  package init(specJSON: String) { self.specJSON = specJSON }
}

/// The operation of a step on the table `environments`.
package enum EnvironmentOperation: StepOperation {
  /// Inserts or replaces the row.
  case record(specJSON: String)
  case remove
}

/// Plans the record of an environment.
package struct EnvironmentPlanner: SafetyFactProviding {
  package init() {}

  package func plan(
    _ desired: Resource<EnvironmentSpec>?, _ observed: EnvironmentObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<EnvironmentOperation> {
    let name = context.id.name
    guard let desired else {
      guard observed != nil else { return .upToDate }
      let step = Step(
        .delete, "delete the record of environment \(name)", because: "left the manifests",
        operation: EnvironmentOperation.remove)
      return .steps([step])
    }
    let wanted = desired.spec.value
    let operation = EnvironmentOperation.record(specJSON: wanted.json)
    guard let observed else {
      return .steps([
        Step(.create, "record environment \(name)", because: "not there yet", operation: operation)
      ])
    }
    guard observed.specJSON != wanted.json else { return .upToDate }
    let isDrift = context.lastApplied?.digest == desired.digest
    let before = isDrift ? nil : context.lastApplied?.spec.value
    return .steps([
      Step(
        .update, "record environment \(name)",
        because: isDrift
          ? "the record differs though the manifest did not change" : "the manifest changed",
        fields: before.map { FieldChange.between($0, wanted) } ?? [], operation: operation)
    ])
  }

  package func facts(
    _ desired: Resource<EnvironmentSpec>?, _ observed: EnvironmentObserved?, _ context: PlanContext
  ) -> [SafetyFact] {
    func requirement(_ spec: EnvironmentSpec?) -> ApprovalRequirement? {
      spec?.requires.approvals.map { ApprovalRequirement(count: $0.count, from: $0.from) }
    }
    let applied = context.lastApplied?.spec as? EnvironmentSpec
    return [.approvals(before: requirement(applied), after: requirement(desired?.spec))]
  }
}
