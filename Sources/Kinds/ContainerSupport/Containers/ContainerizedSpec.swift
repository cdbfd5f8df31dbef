package import Manifests
package import Model

/// The spec of a kind that runs containers.
package protocol ContainerizedSpec: ManifestSpec {
  var image: PinnedImage { get set }
  /// The limits in force, declared or derived.
  var containerLimits: ContainerLimits { get }
  var healthRule: HealthRule { get }
  /// The template of a container on a node, or without one. Nil where the spec needs a node that is unknown.
  func template(on node: ComputeOffer?) -> ContainerTemplate?
  /// The resource's own volumes and their mount paths.
  var ownVolumes: [String: String] { get }
  /// Declares `limits`. A limit that is nil keeps its declared value.
  mutating func setLimits(_ limits: ContainerLimits)
}

extension ContainerizedSpec {
  package var ownVolumes: [String: String] { [:] }
}

extension ContainerPlan {
  /// The plan of one replica of a resource.
  package init<Spec: ContainerizedSpec>(
    for resource: Resource<Spec>, replica: Int = 0, node: ResourceID?, engine: EngineAddress,
    template: ContainerTemplate, volumes: [String: String] = [:]
  ) {
    self.init(
      resource: resource.id, replica: replica, node: node, engine: engine, template: template,
      volumes: volumes,
      limits: resource.spec.containerLimits, health: resource.spec.healthRule)
  }
}
