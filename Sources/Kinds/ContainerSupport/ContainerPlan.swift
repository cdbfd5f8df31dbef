package import Model

/// One container as it should be, and where: so complete that whoever makes it has nothing left to choose.
package struct ContainerPlan: Hashable, Sendable, Codable {
  package let resource: ResourceID
  /// Counts from 0 within the resource.
  package let replica: Int
  /// The node that it was placed on; nil for a service of the controller's own engine.
  package let node: ResourceID?
  package let engine: EngineAddress
  package let template: ContainerTemplate
  package let limits: ContainerLimits
  package let health: HealthRule

  package init(
    resource: ResourceID, replica: Int = 0, node: ResourceID? = nil, engine: EngineAddress,
    template: ContainerTemplate, limits: ContainerLimits, health: HealthRule
  ) {
    self.resource = resource
    self.replica = replica
    self.node = node
    self.engine = engine
    self.template = template
    self.limits = limits
    self.health = health
  }

  /// Follows from owner, resource, replica, node and template, so that making it twice makes it once.
  package func containerName(owner: String) -> String {
    let identity = Digest(of: "\(template.digest.hex) \(node?.description ?? "")")
    return "\(ContainerPlan.namePrefix(of: resource, owner: owner))-\(replica)-\(identity.hex.prefix(6))"
  }

  /// The engine's name of one of the resource's volumes; the same for every container of the resource.
  package static func volumeName(_ volume: String, of resource: ResourceID, owner: String) -> String {
    "\(namePrefix(of: resource, owner: owner))-\(volume)"
  }

  private static func namePrefix(of resource: ResourceID, owner: String) -> String {
    "rt-\(owner)-\(resource.kind.lowercased())-\(resource.name)"
  }

  /// How steps call it: `echo-0`, with its node where it has one.
  package var displayName: String { "\(resource.name)-\(replica)" }
  package var displayPlace: String { (node?.description).map { " on \($0)" } ?? "" }
}

/// What can be changed while a container runs.
package struct ContainerLimits: Hashable, Sendable, Codable {
  /// Memory without swap; nil: none, which no spec can express but which an engine may report.
  package var memory: ByteCount?
  package var cores: CoreCount?
  package var pids: Int64?

  package init(memory: ByteCount?, cores: CoreCount?, pids: Int64?) {
    self.memory = memory
    self.cores = cores
    self.pids = pids
  }

  /// What differs from here to `other`, by the fields' names in a manifest.
  package func changes(to other: ContainerLimits) -> [FieldChange] {
    FieldChange.between(value, other.value, at: "limits")
  }

  private var value: Value {
    .members([
      "memory": memory.map { .string($0.description) },
      "cores": cores.map { .string($0.description) },
      "pids": pids.map(Value.integer),
    ])
  }
}

/// How it is told that a container works.
package enum HealthRule: Hashable, Sendable, Codable {
  /// It must go on running for a moment.
  case running
  /// `GET path` answers 2xx or 3xx. Asked at the published host port, else at the container's own address.
  case http(port: Int, path: String, within: TimeSpan)
  /// The template's `healthCommand`, run by the engine, exits with 0.
  case command(within: TimeSpan)

  /// How long a container may take until it works.
  package var within: TimeSpan {
    switch self {
    case .running: HealthRule.runningGrace
    case .http(_, _, let within), .command(let within): within
    }
  }

  /// How long a container without a check must go on running before it counts as started.
  package static let runningGrace = TimeSpan(seconds: 2)
}
