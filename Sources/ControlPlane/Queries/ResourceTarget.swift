package import Gateway
package import Model

/// The resource of a query whose path names it.
package struct ResourceTarget: Sendable {
  package let environment: String?
  package let resource: ResourceID

  package init(environment: String?, resource: ResourceID) {
    self.environment = environment
    self.resource = resource
  }

  package init(_ request: APIRequest) {
    let parameters = request.parameters
    self.init(
      environment: parameters["environment"],
      resource: ResourceID(kind: parameters["kind"] ?? "", name: parameters["name"] ?? ""))
  }

  package var parameters: [String: String] {
    ["environment": environment, "kind": resource.kind, "name": resource.name].compactMapValues { $0 }
  }

  package static let apiParameters = [
    APIParameter("kind", .path, "The kind of the resource.", schema: WireSchema.name, isRequired: true),
    APIParameter("name", .path, "The name of the resource.", schema: WireSchema.name, isRequired: true),
    APIParameter.environment,
  ]
}
