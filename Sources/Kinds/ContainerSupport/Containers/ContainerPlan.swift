package import Model

/// One desired container and its engine, complete: creating it leaves no choice.
package struct ContainerPlan: Hashable, Sendable, Codable {
  package let resource: ResourceID
  /// Counts from 0 within the resource.
  package let replica: Int
  /// The node on which it is placed; nil for a service of the controller's own engine.
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

  /// Derived from owner, resource, replica, node and template, so that a repeated create finds the first
  /// one's result.
  package func containerName(owner: String) -> String {
    let identity = Digest(of: "\(template.digest.hex) \(node?.description ?? "")")
    return "\(ContainerPlan.namePrefix(of: resource, owner: owner))-\(replica)-\(identity.hex.prefix(6))"
  }

  /// The engine's name of a volume of the resource; the same for every container of the resource.
  package static func volumeName(_ volume: String, of resource: ResourceID, owner: String) -> String {
    "\(namePrefix(of: resource, owner: owner))-\(volume)"
  }

  private static func namePrefix(of resource: ResourceID, owner: String) -> String {
    "rt-\(owner)-\(resource.kind.lowercased())-\(resource.name)"
  }

  /// The form of plan steps: `echo-0 on Node/a`, or `grafana-0` without a node.
  package var displayName: String { "\(resource.name)-\(replica)" + (node.map { " on \($0)" } ?? "") }
}
