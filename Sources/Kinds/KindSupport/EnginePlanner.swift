package import Model
package import Planning
internal import Reconciling

/// The planner as the engine is given it. Here, because neither layer knows the other.
package struct EnginePlanner: PlanMaking {
  private let planner: Planner

  package init(_ planner: Planner) { self.planner = planner }

  package func plan(_ request: PlanRequest) -> Plan { planner.plan(request) }
}
