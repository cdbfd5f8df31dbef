import Delivery
import Manifests
import Model
import Reconciling

/// The backend of the kind `Environment` over the server in memory.
struct SimulatedEnvironments: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<EnvironmentSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<EnvironmentObserved?, BackendError>]
  {
    let rows = server.now.environments
    return Dictionary(
      uniqueKeysWithValues: subjects.map { subject in
        (subject.id, .success(rows[subject.id.name].map { EnvironmentObserved(specJSON: $0) }))
      })
  }

  func apply(
    _ operation: EnvironmentOperation, to subject: Subject<EnvironmentSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    server.change { state in
      switch operation {
      case .record(let specJSON): state.environments[subject.id.name] = specJSON
      case .remove: state.environments[subject.id.name] = nil
      }
    }
  }
}
