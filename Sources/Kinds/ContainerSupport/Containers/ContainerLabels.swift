package import Model

/// The labels of every container that the platform creates.
package struct ContainerLabels: Hashable, Sendable {
  package static let owner = "\(Model.labelPrefix)/owner"
  package static let environment = "\(Model.labelPrefix)/environment"
  package static let resource = "\(Model.labelPrefix)/resource"
  package static let spec = "\(Model.labelPrefix)/spec"
  package static let replica = "\(Model.labelPrefix)/replica"
  package static let node = "\(Model.labelPrefix)/node"

  package let owner: String
  /// Nil for a container of a program before 0.5.0.
  package let environment: String?
  package let resource: ResourceID
  package let replica: Int
  package let node: ResourceID?
  /// Digest of the template in hexadecimal digits; empty where the label is missing.
  package let spec: String

  package init(
    owner: String, environment: String?, resource: ResourceID, replica: Int, node: ResourceID?, spec: String
  ) {
    self.owner = owner
    self.environment = environment
    self.resource = resource
    self.replica = replica
    self.node = node
    self.spec = spec
  }

  package init(of plan: ContainerPlan, marks: Marks) {
    owner = marks.controller
    environment = marks.environment
    resource = plan.resource
    replica = plan.replica
    node = plan.node
    spec = plan.template.digest.hex
  }

  /// The owner of an object with these labels, for people: `Service/web of environment prod, controller
  /// 9c08ac9a`, or `no controller`.
  package static func ownerPhrase(_ labels: [String: String]) -> String {
    guard let owner = labels[owner] else { return "no controller" }
    let resource = labels[resource].map { "\($0) of " } ?? ""
    return resource + (labels[environment].map { "environment \($0), " } ?? "") + "controller \(owner)"
  }

  /// Nil where the labels are not those of a container that the platform created.
  package init?(_ labels: [String: String]) {
    guard let owner = labels[Self.owner], let resource = labels[Self.resource].flatMap({ ResourceID($0) }),
      let replica = labels[Self.replica].flatMap({ Int($0) })
    else { return nil }
    self.owner = owner
    environment = labels[Self.environment]
    self.resource = resource
    self.replica = replica
    node = labels[Self.node].flatMap { ResourceID($0) }
    spec = labels[Self.spec] ?? ""
  }

  package var dictionary: [String: String] {
    var labels = [
      Self.owner: owner, Self.resource: resource.description, Self.replica: String(replica), Self.spec: spec,
    ]
    labels[Self.environment] = environment
    labels[Self.node] = node?.description
    return labels
  }
}
