package import Model

/// One container as it is.
package struct ContainerObservation: Hashable, Sendable {
  package enum State: Hashable, Sendable {
    case created, running, paused, restarting
    /// With its exit code.
    case exited(Int)
    /// The engine could not remove it, or is about to.
    case dead
  }

  package enum Health: Hashable, Sendable {
    /// Nothing says that it is not.
    case good
    case starting
    /// With what the check said.
    case failing(String)
  }

  package var id: String
  package var name: String
  package var engine: EngineAddress
  package var labels: ContainerLabels
  /// The image reference it was created from.
  package var image: String
  package var state: State
  package var limits: ContainerLimits
  package var health: Health
  package var startedAt: Timestamp?
  /// Automatic restarts since it was created.
  package var restarts: Int
  package var wasKilledForMemory: Bool
  /// What it is made from, of a container that was taken over from somebody else; nil for our own.
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

  /// Whether it is what `plan` describes, apart from what can be changed while it runs.
  package func wasMade(from plan: ContainerPlan) -> Bool { isSame(as: plan) && state != .dead }

  /// The same also where the engine is about to remove it.
  package func isSame(as plan: ContainerPlan) -> Bool {
    guard labels.node == plan.node, engine == plan.engine else { return false }
    if let adopted { return adopted.fits(plan.template) }
    return labels.spec == plan.template.digest.hex && image == plan.template.image.pullReference
  }
}

/// A container that exists, as steps name it.
package struct ContainerHandle: Hashable, Sendable, Codable {
  package let id: String
  package let name: String
  package let engine: EngineAddress
  /// Whether somebody else made it, so that its anonymous volumes stay when it goes.
  package let isAdopted: Bool

  package init(id: String, name: String, engine: EngineAddress, isAdopted: Bool = false) {
    self.id = id
    self.name = name
    self.engine = engine
    self.isAdopted = isAdopted
  }
}

/// All containers of one resource, on whatever engine, sorted by replica and name.
package struct WorkloadObservation: Hashable, Sendable {
  package let containers: [ContainerObservation]

  package init(_ containers: [ContainerObservation]) {
    self.containers = containers.sorted { ($0.labels.replica, $0.name) < ($1.labels.replica, $1.name) }
  }
}
