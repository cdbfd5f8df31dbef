import KindSupport
import Manifests
package import Model
package import NodeRunner
import Postgres
package import Reconciling
import SchedulerKind
import Synchronization

/// What an environment's newest revision says of its scheduler: where its tables are, and which nodes and modules are reached
/// from here.
package struct SchedulerLocation: Sendable {
  package let revision: Int64
  package let scheduler: ResourceID
  package let address: DatabaseAddress
  package let nodes: [RunnerNode]
  package let modules: [RunnerModule]

  /// Nil: no Scheduler is declared, or its database is not.
  package init?(_ resources: [AnyResource], _ offers: Offers, revision: Int64) {
    let schedulers = resources.compactMap { $0.typed(as: SchedulerSpec.self) }.sorted { $0.id < $1.id }
    guard let scheduler = schedulers.first,
      let address = offers.databases[scheduler.spec.database.id]?.address
    else { return nil }
    self.revision = revision
    self.scheduler = scheduler.id
    self.address = address
    nodes = offers.compute.sorted { $0.key < $1.key }.compactMap { id, offer in
      offers.leaving.contains(id) ? nil : RunnerNode(id, offer)
    }
    modules = offers.work.sorted { $0.key < $1.key }.map { RunnerModule($0.key, $0.value) }
  }
}

/// Looks a place up again only where there is a newer revision.
package final class SchedulerLookup: Sendable {
  private let session: Session
  private let environment: String
  private let known = Mutex<(revision: Int64, place: SchedulerLocation?)?>(nil)

  /// As it was found last; a look-up that fails leaves it as it is.
  package var lastFound: SchedulerLocation? { known.withLock { $0?.place } }

  package init(_ session: Session, _ environment: String) {
    self.session = session
    self.environment = environment
  }

  /// Nil where none is declared yet.
  package func place() async throws(StoreError) -> SchedulerLocation? {
    guard let latest = try await session.store.latestRevision(of: environment) else { return nil }
    if let known = known.withLock({ $0 }), known.revision == latest.number { return known.place }
    let resources = try await session.store.desiredState(of: environment, at: latest.number)?.resources ?? []
    let place = SchedulerLocation(
      resources, session.platform.kinds.offers(resources), revision: latest.number)
    known.withLock { $0 = (latest.number, place) }
    return place
  }
}
