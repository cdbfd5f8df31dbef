internal import Manifests
package import Model
package import Reconciling

/// What is there, as manifests say it.
package struct LiveExport: Sendable {
  package struct Remark: Sendable {
    package let id: ResourceID
    package let note: String
    /// It could not be looked at, so that nothing is known about it.
    package var isUnseen = false
  }

  /// Sorted by id.
  package private(set) var resources: [AnyResource] = []
  package private(set) var remarks: [Remark] = []

  /// Everything that is declared, and what is still there of what was.
  package init(_ kinds: [Kind], _ desired: DesiredState, _ preparation: Engine.Preparation) {
    let kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let applied = preparation.applied
    let outcomes = Dictionary(
      preparation.plan.resources.map { ($0.id, $0.outcome) }, uniquingKeysWith: { first, _ in first })
    var absent: Set<ResourceID> = []
    for id in Set(desired.resources.map(\.id)).union(applied.keys).sorted() {
      guard let resource = desired[id] ?? applied[id] else { continue }
      guard resource.metadata.mode != .paused else {
        resources.append(resource)
        continue
      }
      switch preparation.seen[id] {
      case .success(let observation):
        guard let state = observation.state else {
          // A module of no replicas is as declared when nothing is there.
          if desired[id] != nil, outcomes[id] == .unchanged {
            resources.append(resource)
          } else {
            absent.insert(id)
          }
          continue
        }
        take(resource, state, kinds[id.kind], preparation.surroundings)
      case .failure(let error):
        remarks.append(Remark(id: id, note: "could not be looked at: \(error)", isUnseen: true))
      case nil: remarks.append(Remark(id: id, note: "was not looked at", isUnseen: true))
      }
    }
    let needed = referred(among: absent, desired)
    for id in absent.sorted() {
      guard let resource = desired[id], let user = needed[id] else {
        remarks.append(Remark(id: id, note: "is not there, and is left out"))
        continue
      }
      resources.append(resource)
      remarks.append(Remark(id: id, note: "is not there, but \(user) refers to it: a plan would make it"))
    }
    resources.sort { $0.id < $1.id }
  }

  /// Those without which what is written could not be read, each with one that refers to it.
  private func referred(among absent: Set<ResourceID>, _ desired: DesiredState) -> [ResourceID: ResourceID] {
    var users: [ResourceID: ResourceID] = [:]
    var next = resources
    while let resource = next.popLast() {
      // What a selector finds is known of what was loaded only.
      let references = (desired[resource.id] ?? resource).references
      for target in references.map(\.target) where absent.contains(target) && users[target] == nil {
        users[target] = resource.id
        if let target = desired[target] { next.append(target) }
      }
    }
    return users
  }

  private mutating func take(
    _ resource: AnyResource, _ state: any Sendable, _ kind: Kind?, _ context: ReconcileContext
  ) {
    guard let kind, let exported = kind.export(resource, state, context),
      let written = try? kind.schema.decode(
        spec: exported.spec.value, id: resource.id, metadata: resource.metadata)
    else {
      remarks.append(Remark(id: resource.id, note: "cannot be written as a manifest", isUnseen: true))
      return
    }
    resources.append(written)
    remarks += exported.remarks.map { Remark(id: resource.id, note: $0) }
  }
}
