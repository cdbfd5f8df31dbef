package import Model
package import Planning
internal import Reconciling

/// The spec of a thing with a number, which needs other things.
package struct FakeSpec: ResourceSpec {
  package let number: Int
  package let needs: [ResourceID]

  package init(_ number: Int, needs: [ResourceID] = []) {
    self.number = number
    self.needs = needs
  }

  package var value: Value {
    .members([
      "number": .integer(Int64(number)), "needs": .array(needs.map { .string($0.description) }),
    ])
  }

  package init?(_ value: Value) {
    guard case .integer(let number)? = value["number"], case .array(let needs)? = value["needs"] else {
      return nil
    }
    self.init(Int(number), needs: needs.compactMap { ResourceID($0.plainText) })
  }
}

package struct FakeObserved: Hashable, Sendable {
  /// Nil when the thing does not exist and cannot be created yet.
  package let number: Int?
  package var needs: Set<ResourceID>
  package var identity: DataIdentity?

  package init(number: Int?, needs: Set<ResourceID> = [], identity: DataIdentity? = nil) {
    self.number = number
    self.needs = needs
    self.identity = identity
  }
}

package enum FakeOperation: StepOperation {
  case put(Int)
  case delete

  /// A deletion that began runs to its end, like that of a database.
  package var isInterruptible: Bool { self != .delete }
}

/// Creates, updates and deletes. Waits while the world does not allow the thing to be created.
package struct FakePlanner: ResourcePlanner {
  package init() {}

  package func plan(_ desired: Resource<FakeSpec>?, _ observed: FakeObserved?, _ context: PlanContext)
    throws(PlanError) -> PlanOutcome<FakeOperation>
  {
    guard let spec = desired?.spec else {
      guard observed?.number != nil else { return .upToDate }
      return .steps([Step(.delete, "delete it", because: "it left the manifests", operation: .delete)])
    }
    let number = spec.number
    guard number >= 0 else { throw PlanError("the number is negative") }
    guard let observed else {
      return .steps([Step(.create, "create it", because: "not there", operation: .put(number))])
    }
    guard let seen = observed.number else { return .waiting(on: "the gate") }
    guard seen != number || observed.needs != Set(spec.needs) else { return .upToDate }
    let field = FieldChange("number", from: .integer(Int64(seen)), to: .integer(Int64(number)))
    return .steps([Step(.update, "change it", because: "differs", fields: [field], operation: .put(number))])
  }
}

extension ResourceID {
  /// The fake resource of this name.
  package static func fake(_ name: String) -> ResourceID { ResourceID(kind: "Fake", name: name) }
}

extension Resource where Spec == any ResourceSpec {
  package static func fake(
    _ name: String, _ number: Int = 1, needs: [String] = [], mode: ReconcileMode = .enforce,
    kind: String = "Fake"
  ) -> AnyResource {
    let spec = FakeSpec(number, needs: needs.map { .fake($0) })
    return AnyResource(
      id: ResourceID(kind: kind, name: name), metadata: Metadata(mode: mode), spec: spec,
      references: spec.needs.map { Reference(target: $0, path: "spec.needs", location: nil) },
      location: nil, digest: Digest(of: spec.value))
  }
}

extension DesiredState {
  package static func of(_ resources: AnyResource..., environment: String = "dev") -> DesiredState {
    DesiredState(environment: environment, allowsMockGPUs: true, resources: resources)
  }
}
