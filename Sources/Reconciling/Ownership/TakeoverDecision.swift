package import Model

/// The owners of what was applied before owners were recorded. Pure.
///
/// A thing that several environments declare belongs to the one that applied it last. The others keep their
/// inventory; their plans show the conflict.
package struct TakeoverDecision: Sendable {
  /// A resource of an inventory.
  package struct Applied: Sendable {
    package let environment: String
    package let resource: AnyResource
    /// When the revision was recorded that applied it.
    package let at: Timestamp

    package init(environment: String, resource: AnyResource, at time: Timestamp) {
      self.environment = environment
      self.resource = resource
      at = time
    }
  }

  /// A thing that a resource declared and that belongs to another one.
  package struct Loss: Sendable, Equatable {
    package let thing: Thing
    package let environment: String
    package let resource: ResourceID
    package let owner: Holding
  }

  /// The role of what carries marks without an environment.
  package static let unmarkedRole = "unmarked"

  package let holdings: Holdings
  /// Sorted by environment, resource and thing.
  package let losses: [Loss]

  /// - Parameters:
  ///   - applied: The inventories of all environments.
  ///   - claims: The things of a resource of an environment, given the holdings that are known so far: the
  ///     names of unmarked things depend on them.
  package init(
    _ applied: [Applied], claims: (Applied, Holdings) -> [ThingClaim]
  ) {
    let newestFirst = applied.sorted { a, b in
      if a.at != b.at { return a.at > b.at }
      return a.environment == b.environment
        ? a.resource.id < b.resource.id : a.environment < b.environment
    }
    var owned: [Holding] = []
    var owners: [ResourceID: String] = [:]
    for entry in newestFirst where owners[entry.resource.id] == nil {
      owners[entry.resource.id] = entry.environment
      let claim = ThingClaim(
        .unmarked(entry.resource.id), field: "metadata.name", role: TakeoverDecision.unmarkedRole)
      owned.append(entry.holding(claim))
    }
    let unmarked = Holdings(owned)
    var index = OverlapIndex<Holding>()
    var losses: [Loss] = []
    for entry in newestFirst {
      for claim in claims(entry, unmarked) {
        if let other = index.overlapping(claim.thing).first {
          losses.append(
            Loss(
              thing: claim.thing, environment: entry.environment, resource: entry.resource.id, owner: other))
        } else {
          let holding = entry.holding(claim)
          owned.append(holding)
          index.add(holding, for: claim.thing)
        }
      }
    }
    holdings = Holdings(owned)
    self.losses = losses.sorted { a, b in
      (a.environment, a.resource.description, a.thing.key)
        < (b.environment, b.resource.description, b.thing.key)
    }
  }
}

extension TakeoverDecision.Applied {
  fileprivate func holding(_ claim: ThingClaim) -> Holding {
    Holding(
      thing: claim.thing, role: claim.role, environment: environment, resource: resource.id,
      holdsData: claim.holdsData, since: at)
  }
}

extension TakeoverDecision.Loss {
  /// For people, as the message of an event.
  package var message: String {
    let place =
      owner.environment == environment
      ? "\(owner.resource)" : "\(owner.resource) of environment \(owner.environment)"
    return "\(thing) was declared more than once and belongs to \(place), which was applied last"
  }
}
