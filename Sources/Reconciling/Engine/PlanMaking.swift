package import Model

/// Makes a plan from desired resources and observations. Pure. Implemented by `Planning.Planner`.
package protocol PlanMaking: Sendable {
  func plan(_ request: PlanRequest) -> Plan
}
