package import Model
package import Planning
internal import Reconciling

/// Adapts `Planner` to the protocol of `Reconciling`, which does not import `Planning`.
package struct EnginePlanner: PlanMaking {
  private let planner: Planner

  package init(_ planner: Planner) { self.planner = planner }

  package func plan(_ request: PlanRequest) -> Plan { planner.plan(request) }
}
