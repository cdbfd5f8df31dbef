package import Model
package import Planning
package import Reconciling

/// The planner and the backend of one kind: observes, plans and applies one resource as the controller does.
package struct KindFixture<P: ResourcePlanner, B: ResourceBackend>: Sendable
where P.Spec == B.Spec, P.Observed == B.Observed, P.Operation == B.Operation {
  package let planner: P
  package let backend: B

  package init(_ planner: P, _ backend: B) {
    self.planner = planner
    self.backend = backend
  }

  /// Observes the resource and plans it.
  package func plan(
    _ id: ResourceID, _ desired: Resource<P.Spec>?, lastApplied: Resource<P.Spec>? = nil,
    movedFrom: Resource<P.Spec>? = nil, in context: ReconcileContext
  ) async throws -> PlanOutcome<P.Operation> {
    let subject = Subject(id: id, desired: desired, lastApplied: lastApplied, movedFrom: movedFrom)
    let observed = try await observe(subject, in: context)
    return try planner.plan(
      desired, observed,
      PlanContext(
        id: id, lastApplied: lastApplied?.map { $0 as any ResourceSpec }, reconcile: context,
        movedFrom: movedFrom?.map { $0 as any ResourceSpec }))
  }

  /// Plans the resource once and applies the steps.
  /// - Returns: the applied steps.
  @discardableResult
  package func apply(
    _ id: ResourceID, _ desired: Resource<P.Spec>?, lastApplied: Resource<P.Spec>? = nil,
    movedFrom: Resource<P.Spec>? = nil, in context: ReconcileContext
  ) async throws -> [Step<P.Operation>] {
    let outcome = try await plan(
      id, desired, lastApplied: lastApplied, movedFrom: movedFrom, in: context)
    guard case .steps(let steps) = outcome else { return [] }
    let subject = Subject(id: id, desired: desired, lastApplied: lastApplied, movedFrom: movedFrom)
    for step in steps { try await backend.apply(step.operation, to: subject, in: context) }
    return steps
  }

  package func health(of desired: Resource<P.Spec>, in context: ReconcileContext) async throws -> Health? {
    let subject = Subject(id: desired.id, desired: desired, lastApplied: desired)
    let observed = try await observe(subject, in: context)
    return observed.map { backend.health(of: subject, observed: $0, in: context) }
  }

  package func observe(
    _ subject: Subject<P.Spec>, in context: ReconcileContext
  ) async throws -> P.Observed? {
    guard let answer = await backend.observe([subject], in: context)[subject.id] else {
      throw BackendError(code: "observation.missing", "no answer for \(subject.id)")
    }
    return try answer.get()
  }
}

extension Resource where Spec: ResourceSpec {
  /// A resource as the loader creates it.
  package static func test(
    _ kind: String, _ name: String, _ spec: Spec, labels: [String: String] = [:]
  ) -> Resource<Spec> {
    Resource(
      id: ResourceID(kind: kind, name: name), metadata: Metadata(labels: labels), spec: spec, references: [],
      location: nil, digest: Digest(of: "\(spec.value.json) \(labels.sorted { $0.key < $1.key })"))
  }
}
