package import Model

/// Batches desires and observations into a plan. Pure; `Planning.Planner` is the one that the house uses.
package protocol PlanMaking: Sendable {
  func plan(_ request: PlanRequest) -> Plan
}
