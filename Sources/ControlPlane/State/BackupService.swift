import KindSupport
package import Model
import Reconciling
package import Recovery

/// Creates backups outside their schedule.
package struct BackupService: Sendable {
  private let store: any StateStore
  private let platform: Platform
  private let foundations: Foundations
  private let owner: String
  private let now: @Sendable () -> Timestamp

  package init(_ state: StateSession) {
    store = state.store
    platform = state.platform
    foundations = state.foundations
    owner = state.owner
    now = state.time.now
  }

  /// Creates a full backup now.
  package func backUpNow(
    _ policy: Resource<BackupPolicySpec>, in environment: String
  ) async throws(BackendError) -> BackupDone {
    let resources: [AnyResource]
    do throws(StoreError) {
      resources = try await store.inventory(of: environment, knowing: []).values.map(\.resource)
    } catch {
      throw error.backendError
    }
    let context = ReconcileContext(
      environment: environment, owner: owner, now: now(), allowsMockGPUs: false,
      offers: platform.kinds.offers(resources))
    let backend = BackupPolicyBackend(server: foundations.server, stateFolder: foundations.stateFolder)
    return try await backend.backUpNow(
      Subject(id: policy.id, desired: policy, lastApplied: policy), in: context)
  }
}
