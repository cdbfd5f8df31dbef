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
  /// The engine's names of the resource's own volumes and their mount paths.
  package let volumes: [String: String]
  package let limits: ContainerLimits
  package let health: HealthRule

  package init(
    resource: ResourceID, replica: Int = 0, node: ResourceID? = nil, engine: EngineAddress,
    template: ContainerTemplate, volumes: [String: String] = [:], limits: ContainerLimits, health: HealthRule
  ) {
    self.resource = resource
    self.replica = replica
    self.node = node
    self.engine = engine
    self.template = template
    self.volumes = volumes
    self.limits = limits
    self.health = health
  }

  /// Derived from marks, resource, replica, node and template, so that a repeated create finds the result of
  /// the first one.
  package func containerName(_ marks: Marks) -> String {
    let identity = Digest(of: "\(template.digest.hex) \(node?.description ?? "")")
    return "\(marks.namePrefix(of: resource))_\(replica)_\(identity.hex.prefix(6))"
  }

  /// The engine's names of all volumes and their mount paths.
  package var mounts: [String: String] { template.externalVolumes.merging(volumes) { _, own in own } }

  /// The form of plan steps: `echo-0 on Node/a`, or `grafana-0` without a node.
  package var displayName: String { "\(resource.name)-\(replica)" + (node.map { " on \($0)" } ?? "") }
}
