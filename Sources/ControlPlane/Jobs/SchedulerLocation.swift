import KindSupport
import Manifests
package import Model
import Postgres
package import Reconciling
import SchedulerKind
import Synchronization

/// The scheduler of an environment as its newest revision declares it: its database, and the nodes and
/// modules that this process reaches.
package struct SchedulerLocation: Sendable {
  package let scheduler: ResourceID
  package let address: DatabaseAddress
  package let nodes: [ResourceID: ComputeOffer]
  package let modules: [ResourceID: WorkOffer]

  /// Nil unless a Scheduler and its database are declared.
  package init?(_ resources: [AnyResource], _ offers: Offers) {
    let schedulers = resources.compactMap { $0.typed(as: SchedulerSpec.self) }.sorted { $0.id < $1.id }
    guard let scheduler = schedulers.first,
      let address = offers.databases[scheduler.spec.database.id]?.address
    else { return nil }
    self.scheduler = scheduler.id
    self.address = address
    nodes = offers.compute.filter { !offers.leaving.contains($0.key) }
    modules = offers.work
  }
}

/// Reads the location of an environment's scheduler, again only for a newer revision.
package final class SchedulerLookup: Sendable {
  private let store: any StateStore
  private let platform: Platform
  private let environment: String
  private let cache = RevisionCache<SchedulerLocation?>()

  /// The last result of `location()`; failed reads do not change it.
  package var lastFound: SchedulerLocation? { cache.last ?? nil }

  package init(_ store: any StateStore, _ platform: Platform, environment: String) {
    self.store = store
    self.platform = platform
    self.environment = environment
  }

  /// Nil if no scheduler is declared.
  package func location() async throws(StoreError) -> SchedulerLocation? {
    guard let latest = try await store.latestRevision(of: environment) else { return nil }
    return try await cache.value(at: latest.number) { () async throws(StoreError) in
      let resources = try await store.desiredState(of: environment, at: latest.number)?.resources ?? []
      return SchedulerLocation(resources, platform.kinds.offers(resources))
    }
  }
}
