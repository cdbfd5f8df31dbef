import Model

/// The things with data that the desired resources declare.
struct DeclaredData {
  private let index: OverlapIndex<ResourceID>

  /// Nil where nothing that leaves declares data, so that no desired resource has to be looked at.
  init?(_ subjects: [PlanSubject], _ request: PlanRequest) {
    let leavesData = subjects.contains { subject in
      subject.isLeaving && request.applied(subject).map(request.claims)?.contains(where: \.holdsData) ?? false
    }
    guard leavesData else { return nil }
    var index = OverlapIndex<ResourceID>()
    for resource in request.desired.resources {
      for claim in request.claims(resource) where claim.holdsData { index.add(resource.id, for: claim.thing) }
    }
    self.index = index
  }

  /// The first desired resource that declares data of a leaving one.
  func heir(of claims: [ThingClaim]) -> ResourceID? {
    claims.lazy.filter(\.holdsData).compactMap { index.overlapping($0.thing).first }.first
  }
}
