package import Model
import Reconciling
package import Recovery

/// Creates backups outside their schedule.
package struct BackupService: Sendable {
  private let engine: Engine
  private let store: any StateStore
  private let foundations: Foundations

  package init(_ state: StateSession) {
    engine = state.engine
    store = state.store
    foundations = state.foundations
  }

  /// Creates a full backup now.
  package func backUpNow(
    _ policy: Resource<BackupPolicySpec>, in environment: String
  ) async throws(BackendError) -> BackupDone {
    let context: ReconcileContext
    do throws(StoreError) {
      let resources = try await store.inventory(of: environment, knowing: []).values.map(\.resource)
      let applied = DesiredState(environment: environment, allowsMockGPUs: false, resources: resources)
      context = try await engine.prepare(applied, scope: []).context
    } catch {
      throw error.backendError
    }
    let backend = BackupPolicyBackend(server: foundations.server, stateFolder: foundations.stateFolder)
    return try await backend.backUpNow(
      Subject(id: policy.id, desired: policy, lastApplied: policy), in: context)
  }
}
