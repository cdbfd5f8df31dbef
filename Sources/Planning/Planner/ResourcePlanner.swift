package import Model

/// Decides for one kind. Pure: no await, clock, randomness, logger or client. The same input gives the same
/// steps, sorted.
package protocol ResourcePlanner<Spec, Observed, Operation>: Sendable {
  associatedtype Spec: ResourceSpec
  associatedtype Observed: Sendable
  associatedtype Operation: StepOperation

  /// The steps from `observed` to `desired`. After the steps were applied, a plan from a new observation must
  /// be `.upToDate`.
  /// - Parameters:
  ///   - desired: Nil when the resource left the manifests; the steps then remove it. The prune guard decides
  ///     whether they may run.
  ///   - observed: Nil when proven absent. A failed observation never reaches a planner.
  func plan(_ desired: Resource<Spec>?, _ observed: Observed?, _ context: PlanContext) throws(PlanError)
    -> PlanOutcome<Operation>
}

/// A planner that provides facts for the guards. As pure as `plan`.
package protocol SafetyFactProviding: ResourcePlanner {
  /// - Parameter observed: Nil when proven absent or not observed.
  func facts(_ desired: Resource<Spec>?, _ observed: Observed?, _ context: PlanContext) -> [SafetyFact]
}

/// What a planner may know beyond the desired and observed resource.
package struct PlanContext: Sendable {
  package let id: ResourceID
  /// The resource as last applied; nil when it never was.
  package let lastApplied: AnyResource?
  package let reconcile: ReconcileContext
  /// The former resource as last applied, of which this one is the new name; nil when it was not renamed.
  package let movedFrom: AnyResource?

  package init(
    id: ResourceID, lastApplied: AnyResource?, reconcile: ReconcileContext, movedFrom: AnyResource? = nil
  ) {
    self.id = id
    self.lastApplied = lastApplied
    self.movedFrom = movedFrom
    self.reconcile = reconcile
  }
}

/// A planner of any kind.
package struct AnyPlanner: Sendable {
  private let decide:
    @Sendable (AnyResource?, (any Sendable)?, PlanContext) -> Result<
      PlanOutcome<any StepOperation>, PlanError
    >

  /// The facts of the kind for the guards; nil for a kind without facts.
  let facts: (@Sendable (AnyResource?, (any Sendable)?, PlanContext) -> [SafetyFact])?

  package init<P: ResourcePlanner>(_ planner: P) {
    facts = (planner as? any SafetyFactProviding).map { AnyPlanner.facts(of: $0) }
    decide = { desired, observed, context in
      let typedDesired = desired.flatMap { $0.typed(as: P.Spec.self) }
      let typedObserved = observed as? P.Observed
      guard (desired == nil) == (typedDesired == nil), (observed == nil) == (typedObserved == nil) else {
        return .failure(PlanError("\(context.id) was planned as another kind than it is"))
      }
      do throws(PlanError) {
        switch try planner.plan(typedDesired, typedObserved, context) {
        case .upToDate: return .success(.upToDate)
        case .waiting(let prerequisite, let resources):
          return .success(.waiting(on: prerequisite, resources: resources))
        case .steps(let steps): return .success(.steps(steps.map { step in step.map { $0 } }))
        }
      } catch {
        return .failure(error)
      }
    }
  }

  package func plan(_ desired: AnyResource?, _ observed: (any Sendable)?, _ context: PlanContext)
    throws(PlanError)
    -> PlanOutcome<any StepOperation>
  {
    try decide(desired, observed, context).get()
  }

  private static func facts<F: SafetyFactProviding>(
    of planner: F
  ) -> @Sendable (AnyResource?, (any Sendable)?, PlanContext) -> [SafetyFact] {
    { desired, observed, context in
      planner.facts(desired.flatMap { $0.typed(as: F.Spec.self) }, observed as? F.Observed, context)
    }
  }
}
