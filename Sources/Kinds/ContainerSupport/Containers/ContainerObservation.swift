package import Model

/// The observed state of one container.
package struct ContainerObservation: Hashable, Sendable {
  package enum State: Hashable, Sendable {
    case created, running, paused, restarting
    /// With its exit code.
    case exited(Int)
    /// The engine failed to remove it, or is removing it.
    case dead
  }

  package enum Health: Hashable, Sendable {
    /// No check reports a problem.
    case good
    case starting
    /// With the message of the failed check.
    case failing(String)
  }

  package var id: String
  package var name: String
  package var engine: EngineAddress
  package var labels: ContainerLabels
  /// The image reference that the container was created from.
  package var image: String
  package var state: State
  package var limits: ContainerLimits
  package var health: Health
  package var startedAt: Timestamp?
  /// Automatic restarts since it was last started by a call.
  package var restarts: Int
  /// Of the last run; nil while it runs or where it is unknown.
  package var exitCode: Int?
  /// Nil where it does not exit again and again.
  package var crashLoop: CrashLoop?
  package var wasKilledForMemory: Bool
  /// Nil for an adopted container.
  package var shape: ObservedShape?
  /// The configuration of an adopted container; nil for a container that the platform created.
  package var adopted: AdoptedContainer?

  package init(
    id: String, name: String, engine: EngineAddress, labels: ContainerLabels, image: String, state: State,
    limits: ContainerLimits, health: Health = .good, startedAt: Timestamp? = nil, restarts: Int = 0,
    wasKilledForMemory: Bool = false
  ) {
    self.id = id
    self.name = name
    self.engine = engine
    self.labels = labels
    self.image = image
    self.state = state
    self.limits = limits
    self.health = health
    self.startedAt = startedAt
    self.restarts = restarts
    self.wasKilledForMemory = wasKilledForMemory
  }

  package var isHealthy: Bool { state == .running && health == .good }
  package var handle: ContainerHandle {
    ContainerHandle(id: id, name: name, engine: engine, isAdopted: adopted != nil)
  }

  /// Whether the container exists as `plan` describes it, apart from what can be changed while it runs.
  package func satisfies(_ plan: ContainerPlan) -> Bool {
    matches(plan) && state != .dead && !changes(to: plan).contains { $0.cure == .replace }
  }

  /// The differences from the shape that `plan` declares. Limits are not part of it.
  package func changes(to plan: ContainerPlan) -> [ShapeChange] {
    guard let shape, state != .dead else { return [] }
    let declared = ContainerShape(
      declaredBy: plan.template, mounts: plan.mounts)
    return declared.changes(from: shape, isRunning: state == .running)
  }

  /// Whether the labels and the image say that the container was created from `plan`, even where the engine
  /// is removing it.
  package func matches(_ plan: ContainerPlan) -> Bool {
    labels.resource == plan.resource && hasConfiguration(of: plan)
  }

  /// Whether the container runs what `plan` declares, for this resource or for the one that was renamed.
  package func hasConfiguration(of plan: ContainerPlan) -> Bool {
    guard labels.node == plan.node, engine == plan.engine else { return false }
    if let adopted { return adopted.matches(plan.template) }
    return labels.spec == plan.template.digest.hex && image == plan.template.image.pullReference
  }
}

/// An existing container, as steps name it.
package struct ContainerHandle: Hashable, Sendable, Codable {
  package let id: String
  package let name: String
  package let engine: EngineAddress
  /// Whether the container was created outside the platform. Its anonymous volumes are then kept when it is
  /// removed.
  package let isAdopted: Bool

  package init(id: String, name: String, engine: EngineAddress, isAdopted: Bool = false) {
    self.id = id
    self.name = name
    self.engine = engine
    self.isAdopted = isAdopted
  }
}

/// All containers of one resource on all engines, sorted by replica and name.
package struct WorkloadObservation: Hashable, Sendable {
  package let containers: [ContainerObservation]
  /// What the containers work on.
  package private(set) var work = RunningWork.unscheduled

  package init(_ containers: [ContainerObservation]) {
    self.containers = containers.sorted { ($0.labels.replica, $0.name) < ($1.labels.replica, $1.name) }
  }

  /// The same with what its containers work on.
  package func running(_ work: RunningWork) -> WorkloadObservation {
    var observation = self
    observation.work = work
    return observation
  }
}
