package import Manifests
package import Model
package import Planning

/// Resources and contexts as the controller passes them to planners and backends.
package enum Fixture {
  package static let now = Timestamp("2026-11-22T12:00:00Z")!

  /// A resource from a spec in JSON, decoded as a manifest.
  /// - Throws: `Refused` with the problems of the spec.
  package static func resource<Spec: ManifestSpec>(
    _ type: Spec.Type, _ name: String, _ json: String
  ) throws -> Resource<Spec> {
    var decoder = ManifestDecoder()
    guard let spec = Spec.decode(Node(try Value(json: json)), &decoder) else {
      throw Refused(problems: decoder.diagnostics.map { "\($0.message); \($0.hint ?? "")" })
    }
    return Resource(
      id: ResourceID(kind: Spec.kind, name: name), metadata: Metadata(), spec: spec,
      references: decoder.references, location: nil, digest: Digest(of: spec.value))
  }

  package static func reconcileContext(
    now: Timestamp = now, offers: Offers = Offers(), environment: String = "test",
    holdings: Holdings = Holdings(), moves: Moves = Moves(), identities: [ResourceID: DataIdentity] = [:]
  ) -> ReconcileContext {
    ReconcileContext(
      environment: environment, owner: "test", now: now, allowsMockGPUs: true, offers: offers,
      holdings: holdings, moves: moves, identities: identities)
  }

  package static func context<Spec: ManifestSpec>(
    _ resource: Resource<Spec>, lastApplied: Resource<Spec>? = nil, now: Timestamp = now,
    offers: Offers = Offers()
  ) -> PlanContext {
    PlanContext(
      id: resource.id, lastApplied: lastApplied?.map { $0 },
      reconcile: reconcileContext(now: now, offers: offers))
  }

  package struct Refused: Error, CustomStringConvertible {
    package let problems: [String]
    package var description: String { problems.joined(separator: "\n") }
  }
}
