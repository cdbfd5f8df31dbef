import Model

/// Finds the resources that go on under another name: what left the manifests and what is new declare the
/// same thing, or the new one names the former one.
struct MoveSearch {
  let desired: DesiredState
  let inventory: [ResourceID: InventoryEntry]
  /// The resources of the inventory that are not desired.
  let leaving: [AnyResource]
  /// The resources of the pass; nil for all.
  let scope: Set<ResourceID>?
  let holdings: Holdings
  let movableKinds: Set<String>
  /// The claims of a resource under its own name.
  let claims: (AnyResource) -> [ThingClaim]

  /// The moves, each resource in at most one as the new and in one as the former resource.
  func moves() -> Moves {
    guard !movableKinds.isEmpty else { return Moves() }
    let leavingKinds = Set(leaving.map(\.id.kind))
    // Whether another resource may have taken over what an applied resource had, before that left the
    // inventory: a rename that was interrupted and is undone.
    func lostItsThings(_ resource: AnyResource) -> Bool {
      leavingKinds.contains(resource.id.kind) && holdings.of(resource.id, in: desired.environment).isEmpty
    }
    let changed = considered.filter { inventory[$0.id]?.digest != $0.digest || lostItsThings($0) }
    guard !changed.isEmpty else { return Moves() }
    let new = changed.filter { inventory[$0.id]?.digest == nil || lostItsThings($0) }
    // What goes on under the name that a manifest gives goes on under no other one.
    let declared = declared(in: new)
    let gone = Set(declared.map(\.from))
    let renamed = declared + shared(by: new).filter { !gone.contains($0.from) }
    let taken = Set(renamed.map(\.to))
    let others = changed.filter { inventory[$0.id] != nil && !taken.contains($0.id) }
    return Moves(unambiguous(renamed) + exchanges(among: others))
  }

  /// The desired resources of the scope that may be moved, sorted by id. A leaving resource in the scope
  /// looks for its new name among all.
  private var considered: [AnyResource] {
    var resources = desired.resources
    if let scope {
      let found = scope.compactMap { desired[$0] }
      if found.count == scope.count { resources = found.sorted { $0.id < $1.id } }
    }
    return resources.filter { movableKinds.contains($0.id.kind) && $0.metadata.mode == .enforce }
  }

  /// The new resources that name their former one.
  private func declared(in new: [AnyResource]) -> [Move] {
    new.compactMap { resource in
      guard let former = resource.metadata.formerID, former.kind == resource.id.kind,
        inventory[former] != nil, desired[former] == nil
      else { return nil }
      return Move(from: former, to: resource.id)
    }
  }

  /// The pairs of a new and a leaving resource that declare the same thing. Where a resource declares things
  /// with data, only those count: two databases with one role are not the same database.
  private func shared(by new: [AnyResource]) -> [Move] {
    var formers: [Thing: Set<ResourceID>] = [:]
    for resource in leaving where movableKinds.contains(resource.id.kind) {
      for claim in evidence(of: resource) { formers[claim.thing, default: []].insert(resource.id) }
    }
    guard !formers.isEmpty else { return [] }
    return new.filter { $0.metadata.formerID == nil }.flatMap { resource in
      Set(essentialClaims(resource).flatMap { formers[$0.thing] ?? [] })
        .filter { $0.kind == resource.id.kind }.map { Move(from: $0, to: resource.id) }
    }
  }

  /// What shows that a leaving resource goes on under another name. A resource with volumes does not by its
  /// ports: another program may take over a port, and would get the data.
  private func evidence(of former: AnyResource) -> [ThingClaim] {
    let claims = essentialClaims(former)
    guard claims.contains(where: { $0.thing.isVolume }) else { return claims }
    return claims.filter { !$0.thing.isHostPort }
  }

  private func essentialClaims(_ resource: AnyResource) -> [ThingClaim] {
    let claims = claims(resource)
    let withData = claims.filter(\.holdsData)
    return withData.isEmpty ? claims : withData
  }

  /// Without moves of which another one has the same new or former resource.
  private func unambiguous(_ moves: [Move]) -> [Move] {
    let new = Dictionary(grouping: moves, by: \.to)
    let old = Dictionary(grouping: moves, by: \.from)
    return moves.filter { new[$0.to]?.count == 1 && old[$0.from]?.count == 1 }
  }

  /// Resources that stay and exchange things with data in a ring. A resource that only takes one would leave
  /// its own without an owner.
  private func exchanges(among changed: [AnyResource]) -> [Move] {
    var former: [ResourceID: ResourceID] = [:]
    for resource in changed {
      let takes = claims(resource).filter(\.holdsData).flatMap { claim in
        holdings.overlapping(claim.thing).filter { holding in
          holding.environment == desired.environment && holding.resource != resource.id
            && holding.resource.kind == resource.id.kind
        }.map(\.resource)
      }
      if Set(takes).count == 1 { former[resource.id] = takes[0] }
    }
    return former.keys.sorted().filter { start in
      var (next, seen) = (former[start], Set<ResourceID>())
      while let id = next, id != start, seen.insert(id).inserted { next = former[id] }
      return next == start
    }.compactMap { id in former[id].map { Move(from: $0, to: id) } }
  }
}

extension Metadata {
  /// The former name of the resource, as its manifest gives it; nil where it gives none.
  var formerID: ResourceID? { annotations[Move.annotation].flatMap { ResourceID($0) } }
}

extension Thing {
  fileprivate var isVolume: Bool { if case .volume = self { true } else { false } }
  fileprivate var isHostPort: Bool { if case .hostPort = self { true } else { false } }
}
