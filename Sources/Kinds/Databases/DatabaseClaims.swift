package import Model

/// What a database declares to be its own: the database and its roles.
package enum DatabaseClaims {
  package static func claims(of resource: Resource<DatabaseSpec>) -> [ThingClaim] {
    let address = resource.spec.address(of: resource.id)
    let field =
      switch address {
      case .external: "spec.external.url"
      case .embedded: resource.spec.database == nil ? "metadata.name" : "spec.database"
      }
    let isEmbedded = resource.spec.external == nil
    let roles = resource.spec.roles.enumerated().map { index, role in
      ThingClaim(
        .role(role.name, on: address.server), field: "spec.roles[\(index)].name", role: "role.\(role.name)")
    }
    return [ThingClaim(.database(address), field: field, role: "database", holdsData: isEmbedded)] + roles
  }
}
