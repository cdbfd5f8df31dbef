package import Model

/// Observes and changes the outside system of one kind, through drivers.
package protocol ResourceBackend<Spec, Observed, Operation>: Sendable {
  associatedtype Spec: ResourceSpec
  associatedtype Observed: Sendable
  associatedtype Operation: StepOperation

  /// Observes many resources at once and never writes. Returns a result for every subject:
  /// - `.success(nil)`: proven absent.
  /// - `.failure`: the state is unknown. That is not absence, and nothing is planned from it.
  func observe(_ subjects: [Subject<Spec>], in context: ReconcileContext) async
    -> [ResourceID: Result<Observed?, BackendError>]

  /// Runs one step and returns when it is done, not when it has started. May be repeated: a step whose effect
  /// exists already succeeds. Secrets are resolved here and nowhere earlier.
  func apply(_ operation: Operation, to subject: Subject<Spec>, in context: ReconcileContext)
    async throws(BackendError)

  /// The outside system as errors name it: `Docker`.
  var system: String { get }

  /// How long `observe` may take. It is cancelled then, and its subjects count as not observed.
  var observationDeadline: TimeSpan { get }

  /// How long a step may take. It is cancelled then, and counts as failed. Both calls must end soon after
  /// their task is cancelled: until they do, nothing else starts on the resource.
  func deadline(of operation: Operation, for subject: Subject<Spec>) -> TimeSpan

  /// The health of an observed resource that needs no step. `.ready` by default.
  func health(of subject: Subject<Spec>, observed: Observed, in context: ReconcileContext) -> Health

  /// Which data the observed object holds, to be recorded for later passes. Nil by default, and for an object
  /// that does not belong to the resource.
  func identity(of observed: Observed) -> DataIdentity?
}

extension ResourceBackend {
  package var system: String { "the backend of \(Spec.self)" }
  package var observationDeadline: TimeSpan { TimeSpan(seconds: 60) }
  package func deadline(of operation: Operation, for subject: Subject<Spec>) -> TimeSpan {
    TimeSpan(seconds: 600)
  }

  package func health(of subject: Subject<Spec>, observed: Observed, in context: ReconcileContext) -> Health {
    .ready
  }

  package func identity(of observed: Observed) -> DataIdentity? { nil }
}

/// A resource as it is passed to a backend.
package struct Subject<Spec: Sendable>: Sendable {
  package let id: ResourceID
  /// Nil when it left the manifests.
  package let desired: Resource<Spec>?
  /// The resource as last applied; nil when it never was.
  package let lastApplied: Resource<Spec>?
  /// The former resource as last applied, of which this one is the new name; nil when it was not renamed.
  package let movedFrom: Resource<Spec>?

  package init(
    id: ResourceID, desired: Resource<Spec>?, lastApplied: Resource<Spec>?, movedFrom: Resource<Spec>? = nil
  ) {
    self.id = id
    self.desired = desired
    self.lastApplied = lastApplied
    self.movedFrom = movedFrom
  }

  /// The spec to act on: the desired one, else the last applied.
  package var spec: Spec? { desired?.spec ?? lastApplied?.spec }
}

package typealias AnySubject = Subject<any ResourceSpec>

/// A backend of any kind.
package struct AnyBackend: Sendable {
  package let observe:
    @Sendable ([AnySubject], ReconcileContext) async -> [ResourceID: Result<Observation, BackendError>]
  package let apply:
    @Sendable (any StepOperation, AnySubject, ReconcileContext) async -> Result<Void, BackendError>
  package let system: String
  package let observationDeadline: TimeSpan
  package let deadline: @Sendable (any StepOperation, AnySubject) -> TimeSpan

  package init<B: ResourceBackend>(_ backend: B) {
    system = backend.system
    observationDeadline = backend.observationDeadline
    deadline = { operation, subject in
      guard let operation = operation as? B.Operation else { return TimeSpan(seconds: 600) }
      return backend.deadline(of: operation, for: AnyBackend.typed(subject, as: B.Spec.self))
    }
    observe = { subjects, context in
      let typed = subjects.map { AnyBackend.typed($0, as: B.Spec.self) }
      let answers = await backend.observe(typed, in: context)
      var observations: [ResourceID: Result<Observation, BackendError>] = Dictionary(
        minimumCapacity: subjects.count)
      for subject in typed {
        guard let answer = answers[subject.id] else {
          observations[subject.id] = .failure(
            BackendError(
              code: "observation.missing",
              "the backend of \(subject.id.kind) returned no observation of \(subject.id)"))
          continue
        }
        observations[subject.id] = answer.map { observed in
          Observation(
            state: observed,
            health: observed.map { backend.health(of: subject, observed: $0, in: context) } ?? .ready,
            identity: observed.flatMap { backend.identity(of: $0) })
        }
      }
      return observations
    }
    apply = { operation, subject, context in
      guard let operation = operation as? B.Operation else {
        return .failure(
          BackendError(
            code: "step.mismatch", "a step of another kind was passed to \(subject.id)", retry: .afterChange))
      }
      do throws(BackendError) {
        try await backend.apply(operation, to: AnyBackend.typed(subject, as: B.Spec.self), in: context)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
  }

  private static func typed<Spec: ResourceSpec>(_ subject: AnySubject, as type: Spec.Type) -> Subject<Spec> {
    Subject(
      id: subject.id, desired: subject.desired.flatMap { $0.typed(as: type) },
      lastApplied: subject.lastApplied.flatMap { $0.typed(as: type) },
      movedFrom: subject.movedFrom.flatMap { $0.typed(as: type) })
  }
}
