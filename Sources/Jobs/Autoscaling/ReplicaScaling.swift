internal import Model

/// Plans the replicas from each reading of the demand. A value: `ReplicaSupervisor` performs the plans.
struct ReplicaScaling: Hashable, Sendable {
  struct Plan: Hashable, Sendable {
    /// The number of processes that are to run.
    var processes: Int
    /// Nil leaves containers as they are.
    var containers: ContainerPlan?
    /// Nil when the number of replicas does not change.
    var change: Change?
    /// Why the demand is unknown; nil when it is known.
    var problem: String?
  }

  struct ContainerPlan: Hashable, Sendable {
    /// The name of the scheduler.
    var scheduler: String
    var count: Int
    /// How the containers are created; nil removes all.
    var docker: DockerReplicas?
  }

  struct Change: Hashable, Sendable, CustomStringConvertible {
    var before: Int
    var decision: ReplicaDecision
    var description: String { "\(before) → \(decision.replicas), \(decision.reason)" }
  }

  /// The number of replicas of the last plan.
  private var current = 0
  /// The number of them that are processes.
  private var processes = 0
  private var history = ReplicaHistory()
  /// Whether containers may exist: those of an earlier run until an engine has answered.
  private var mayHaveContainers = true

  mutating func plan(for demand: ReplicaDemand, at now: Timestamp) -> Plan {
    switch demand {
    case .unknown(let problem):
      return Plan(processes: processes, problem: "pending jobs cannot be counted: \(problem)")
    case .follower:
      (current, processes) = (0, 0)
      return Plan(processes: 0)
    case .leader(let scheduler, let settings, let pending):
      return plan(scheduler, settings, pending, now)
    }
  }

  private mutating func plan(
    _ scheduler: String, _ settings: ReplicaSettings, _ pending: Int64, _ now: Timestamp
  ) -> Plan {
    var change: Change?
    var docker: DockerReplicas?
    switch settings.runtime {
    case .process:
      change = decide(settings.rule, pending, now)
      processes = current
    case .docker(let replicas):
      change = decide(settings.rule, pending, now)
      processes = 0
      docker = replicas
    case .kubernetes: (current, processes) = (0, 0)
    }
    let containers = ContainerPlan(scheduler: scheduler, count: docker == nil ? 0 : current, docker: docker)
    return Plan(
      processes: processes, containers: docker != nil || mayHaveContainers ? containers : nil, change: change)
  }

  private mutating func decide(_ rule: ReplicaRule, _ pending: Int64, _ now: Timestamp) -> Change? {
    let decision = ReplicaDecision.make(
      current: current, pending: pending, rule: rule, history: history, now: now)
    history = decision.history
    defer { current = decision.replicas }
    return decision.replicas == current ? nil : Change(before: current, decision: decision)
  }

  /// Records the number of containers after a plan was performed.
  mutating func recordContainers(_ count: Int, after plan: ContainerPlan) {
    mayHaveContainers = plan.docker != nil || count > 0
  }
}
