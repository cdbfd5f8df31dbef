package import Model

/// Identifies the containers and volumes of one environment of one controller by their labels.
package struct Marks: Hashable, Sendable {
  package let controller: String
  package let environment: String
  /// Resources whose containers and records belong to this environment where they name no environment.
  /// Programs before 0.5.0 wrote no label for it.
  package let unlabelled: Set<ResourceID>

  package init(controller: String, environment: String, unlabelled: Set<ResourceID> = []) {
    self.controller = controller
    self.environment = environment
    self.unlabelled = unlabelled
  }

  /// The marks of what a pass may observe and change.
  package init(of context: ReconcileContext) {
    self.init(
      controller: context.owner, environment: context.environmentMark,
      unlabelled: context.holdings.unmarked(in: context.environment))
  }

  /// Whether a container or record belongs to this environment. False for everything that another controller
  /// or environment created, or that a person did.
  package func include(owner: String, environment: String?, resource: ResourceID) -> Bool {
    guard owner == controller else { return false }
    return environment.map { $0 == self.environment } ?? unlabelled.contains(resource)
  }

  package func include(_ labels: ContainerLabels) -> Bool {
    include(owner: labels.owner, environment: labels.environment, resource: labels.resource)
  }

  /// The labels of a volume of a resource.
  package func labels(ofVolumeOf resource: ResourceID) -> [String: String] {
    [
      ContainerLabels.owner: controller, ContainerLabels.environment: environment,
      ContainerLabels.resource: resource.description,
    ]
  }

  /// Whether the name of a volume is one that the platform gives, now or before 0.5.0.
  package static func isOwnName(_ name: String) -> Bool { name.hasPrefix("rt_") || name.hasPrefix("rt-") }

  /// Whether an existing volume belongs to a resource. A name that does not derive from the resource was
  /// recorded for it, so the volume may have been created for a resource that was renamed.
  package func include(_ labels: [String: String], ofVolume name: String, of resource: ResourceID) -> Bool {
    guard let owner = labels[ContainerLabels.owner],
      let creator = labels[ContainerLabels.resource].flatMap({ ResourceID($0) })
    else { return false }
    return include(owner: owner, environment: labels[ContainerLabels.environment], resource: creator)
      && (creator == resource || !name.hasPrefix("\(namePrefix(of: resource))_"))
  }

  /// The beginning of the engine's names of everything of a resource. `_` occurs in no name of an environment
  /// or a resource, so that no two resources have one name.
  func namePrefix(of resource: ResourceID) -> String {
    "rt_\(controller)_\(environment)_\(resource.kind.lowercased())_\(resource.name)"
  }
}
