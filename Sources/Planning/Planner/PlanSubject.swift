import Model

/// One resource of a request. Holds its id and position, since whole resources are expensive to copy.
struct PlanSubject {
  let id: ResourceID
  /// Position among the desired resources; nil when the resource left the manifests.
  let index: Int?
  var isLeaving: Bool { index == nil }

  /// The desired resources sorted by id, then the leaving ones sorted by id. The cost of a small scope does
  /// not depend on the size of the environment.
  static func all(in request: PlanRequest) -> [PlanSubject] {
    if let scope = request.scope {
      let subjects = scope.compactMap { id -> PlanSubject? in
        let index = request.desired.index(of: id)
        return index == nil && request.inventory[id] == nil ? nil : PlanSubject(id: id, index: index)
      }
      return subjects.sorted { a, b in
        a.isLeaving == b.isLeaving ? a.id < b.id : b.isLeaving
      }
    }
    let staying = request.desired.resources.indices.map {
      PlanSubject(id: request.desired.resources[$0].id, index: $0)
    }
    let leaving = leaving(in: request).sorted().map { PlanSubject(id: $0, index: nil) }
    return staying + leaving
  }

  private static func leaving(in request: PlanRequest) -> [ResourceID] {
    let known = request.desired.resources.count { request.inventory.index(forKey: $0.id) != nil }
    guard known < request.inventory.count else { return [] }
    let stays = Set(request.desired.resources.lazy.map(\.id))
    return request.inventory.keys.filter { !stays.contains($0) }
  }
}

extension PlanRequest {
  func desired(_ subject: PlanSubject) -> AnyResource? {
    subject.index.map { desired.resources[$0] }
  }

  func applied(_ subject: PlanSubject) -> AnyResource? {
    inventory.index(forKey: subject.id).map { inventory.values[$0].resource }
  }

  /// The references of the desired resource; empty for a resource that left the manifests.
  func references(of subject: PlanSubject) -> [Reference] {
    subject.index.map { desired.resources[$0].references } ?? []
  }
}
