import ControllerState
import KindSupport
import Model
import Reconciling

/// Records the owners of what a version before 0.5.0 applied, once for each state. Changes nothing outside of
/// the state.
struct OwnershipTakeover: Sendable {
  let store: PostgresStateStore
  let kinds: [Kind]
  /// The identity of the controller.
  let owner: String

  func run(at time: Timestamp) async throws(StoreError) {
    guard try await !store.recordsOwners() else { return }
    let applied = try await store.appliedResources()
    let offers = Dictionary(grouping: applied, by: \.environment).mapValues {
      kinds.offers($0.map(\.resource))
    }
    let decision = TakeoverDecision(applied) { entry, holdings in
      kinds.claims(
        of: entry.resource,
        in: ClaimContext(
          environment: entry.environment, controller: owner, environmentMark: entry.environment,
          offers: offers[entry.environment] ?? Offers(), holdings: holdings))
    }
    try await store.takeOver(decision, at: time)
  }
}
