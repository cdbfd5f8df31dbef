package import Planning
package import Reconciling

/// The planner that the engine is given. Stated here, because neither layer knows the other.
extension Planner: PlanMaking {}
