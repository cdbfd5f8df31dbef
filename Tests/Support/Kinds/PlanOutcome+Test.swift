package import Model

extension PlanOutcome {
  /// The planned steps; empty where there are none or the plan waits.
  package var steps: [Step<Operation>] { if case .steps(let steps) = self { steps } else { [] } }
  package var waitingOn: String? { if case .waiting(let reason, _) = self { reason } else { nil } }
  /// The resources that the plan waits for; empty where it does not wait.
  package var waitsFor: [ResourceID] {
    if case .waiting(_, let resources) = self { resources } else { [] }
  }
  package var isUpToDate: Bool { if case .upToDate = self { true } else { false } }
}
