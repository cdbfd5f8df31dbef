package import Manifests
package import Model

/// The spec of a kind that runs containers.
package protocol ContainerizedSpec: ManifestSpec {
  var image: PinnedImage { get set }
  /// The limits in force, declared or derived.
  var containerLimits: ContainerLimits { get }
  var healthRule: HealthRule { get }
  /// Declares `limits`. A limit that is nil keeps its declared value.
  mutating func setLimits(_ limits: ContainerLimits)
}

extension ContainerPlan {
  /// The plan of one replica of a resource.
  package init<Spec: ContainerizedSpec>(
    for resource: Resource<Spec>, replica: Int = 0, node: ResourceID?, engine: EngineAddress,
    template: ContainerTemplate
  ) {
    self.init(
      resource: resource.id, replica: replica, node: node, engine: engine, template: template,
      limits: resource.spec.containerLimits, health: resource.spec.healthRule)
  }
}
