package import Model

/// The labels of every container that the platform creates.
package struct ContainerLabels: Hashable, Sendable {
  package static let owner = "\(Model.labelPrefix)/owner"
  package static let resource = "\(Model.labelPrefix)/resource"
  package static let spec = "\(Model.labelPrefix)/spec"
  package static let replica = "\(Model.labelPrefix)/replica"
  package static let node = "\(Model.labelPrefix)/node"

  package let owner: String
  package let resource: ResourceID
  package let replica: Int
  package let node: ResourceID?
  /// Digest of the template in hexadecimal digits; empty where the label is missing.
  package let spec: String

  package init(owner: String, resource: ResourceID, replica: Int, node: ResourceID?, spec: String) {
    self.owner = owner
    self.resource = resource
    self.replica = replica
    self.node = node
    self.spec = spec
  }

  package init(of plan: ContainerPlan, owner: String) {
    self.owner = owner
    resource = plan.resource
    replica = plan.replica
    node = plan.node
    spec = plan.template.digest.hex
  }

  /// Nil where the labels are not those of a container that the platform created.
  package init?(_ labels: [String: String]) {
    guard let owner = labels[Self.owner], let resource = labels[Self.resource].flatMap({ ResourceID($0) }),
      let replica = labels[Self.replica].flatMap({ Int($0) })
    else { return nil }
    self.owner = owner
    self.resource = resource
    self.replica = replica
    node = labels[Self.node].flatMap { ResourceID($0) }
    spec = labels[Self.spec] ?? ""
  }

  package var dictionary: [String: String] {
    var labels = [
      Self.owner: owner, Self.resource: resource.description, Self.replica: String(replica), Self.spec: spec,
    ]
    labels[Self.node] = node?.description
    return labels
  }

  /// The labels of a volume of a resource.
  package static func ofVolume(of resource: ResourceID, owner: String) -> [String: String] {
    [Self.owner: owner, Self.resource: resource.description]
  }
}
