package import Model

/// A backend that observes one resource at a time, for kinds with few resources of which each needs its own
/// requests.
package protocol IndividuallyObservingBackend<Spec, Observed, Operation>: ResourceBackend {
  /// Reads the state of one resource and never writes. Nil: proven absent. An error means that the state is
  /// unknown.
  func observe(_ subject: Subject<Spec>, in context: ReconcileContext) async throws(BackendError) -> Observed?
}

extension IndividuallyObservingBackend {
  /// Observes the subjects one after the other. A subject that fails does not affect the others.
  package func observe(_ subjects: [Subject<Spec>], in context: ReconcileContext) async
    -> [ResourceID: Result<Observed?, BackendError>]
  {
    var results: [ResourceID: Result<Observed?, BackendError>] = Dictionary(minimumCapacity: subjects.count)
    for subject in subjects {
      do throws(BackendError) {
        results[subject.id] = .success(try await observe(subject, in: context))
      } catch {
        results[subject.id] = .failure(error)
      }
    }
    return results
  }
}
