internal import Manifests
package import Model
package import Reconciling

/// The manifests of everything that exists.
package struct LiveExport: Sendable {
  package struct Remark: Sendable {
    package let id: ResourceID
    package let note: String
    /// Whether the state of the resource is unknown.
    package var isUnknown = false
  }

  /// Sorted by id.
  package private(set) var resources: [AnyResource] = []
  package private(set) var remarks: [Remark] = []

  /// Exports the declared resources, and those that left the manifests but still exist.
  package init(_ kinds: [Kind], _ desired: DesiredState, _ preparation: Engine.Preparation) {
    let kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let applied = preparation.appliedResources
    let outcomes = Dictionary(
      preparation.plan.resources.map { ($0.id, $0.outcome) }, uniquingKeysWith: { first, _ in first })
    var absent: Set<ResourceID> = []
    for id in Set(desired.resources.map(\.id)).union(applied.keys).sorted() {
      guard let resource = desired[id] ?? applied[id] else { continue }
      guard resource.metadata.mode != .paused else {
        resources.append(resource)
        continue
      }
      switch preparation.observations[id] {
      case .success(let observation):
        guard let state = observation.state else {
          // A module with 0 replicas is as declared although it has no containers.
          if desired[id] != nil, outcomes[id] == .unchanged {
            resources.append(resource)
          } else {
            absent.insert(id)
          }
          continue
        }
        append(resource, state, kinds[id.kind], preparation.context)
      case .failure(let error):
        remarks.append(Remark(id: id, note: "could not be observed: \(error)", isUnknown: true))
      case nil: remarks.append(Remark(id: id, note: "was not observed", isUnknown: true))
      }
    }
    let referrers = referrers(of: absent, desired)
    for id in absent.sorted() {
      guard let resource = desired[id], let referrer = referrers[id] else {
        remarks.append(Remark(id: id, note: "does not exist and is left out"))
        continue
      }
      resources.append(resource)
      remarks.append(
        Remark(id: id, note: "does not exist, but \(referrer) refers to it: a plan would create it"))
    }
    resources.sort { $0.id < $1.id }
  }

  /// The absent resources that the exported ones need, directly or indirectly, each with one that refers to
  /// it.
  private func referrers(
    of absent: Set<ResourceID>, _ desired: DesiredState
  ) -> [ResourceID: ResourceID] {
    var referrers: [ResourceID: ResourceID] = [:]
    var next = resources
    while let resource = next.popLast() {
      // The references of selectors are known only for loaded resources.
      let references = (desired[resource.id] ?? resource).references
      for target in references.map(\.target) where absent.contains(target) && referrers[target] == nil {
        referrers[target] = resource.id
        if let target = desired[target] { next.append(target) }
      }
    }
    return referrers
  }

  private mutating func append(
    _ resource: AnyResource, _ state: any Sendable, _ kind: Kind?, _ context: ReconcileContext
  ) {
    guard let kind, let exported = kind.export(resource, state, context),
      let decoded = try? kind.schema.decode(
        spec: exported.spec.value, id: resource.id, metadata: resource.metadata)
    else {
      remarks.append(Remark(id: resource.id, note: "cannot be written as a manifest", isUnknown: true))
      return
    }
    resources.append(decoded)
    remarks += exported.remarks.map { Remark(id: resource.id, note: $0) }
  }
}
