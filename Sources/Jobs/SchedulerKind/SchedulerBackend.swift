internal import Manifests
package import Model
package import Postgres
package import Reconciling

/// Reads and writes the tables of schedulers, and the files for Kubernetes.
package struct SchedulerBackend: IndividuallyObservingBackend {
  private let folder: KEDAFolder
  private let pools: DatabasePools

  /// - Parameter stateFolder: absolute; relative folders begin there.
  package init(stateFolder: String, pools: @escaping DatabasePools) {
    folder = KEDAFolder(stateFolder: stateFolder)
    self.pools = pools
  }

  package var system: String { "PostgreSQL" }

  package func observe(
    _ subject: Subject<SchedulerSpec>, in context: ReconcileContext
  ) async throws(BackendError) -> SchedulerObserved? {
    let applied = (subject.lastApplied ?? subject.movedFrom)?.spec.database.id
    guard let database = context.presentDatabase(subject.desired?.spec.database.id, applied: applied) else {
      return nil
    }
    let files = try folder.texts(
      of: [subject.desired?.spec, subject.lastApplied?.spec, subject.movedFrom?.spec].compactMap {
        $0.flatMap(KEDAManifest.init)?.file
      })
    var observed = try await read(subject, try await store(of: database, context), context)
    if observed == nil, !files.isEmpty {
      observed = SchedulerObserved(missingAccounts: context.offers.earningAccounts)
    }
    observed?.files = files
    guard subject.desired == nil, observed?.settings == nil, files.isEmpty else { return observed }
    return nil
  }

  /// Nil before the `Database` has created the tables: then nothing is recorded.
  private func read(_ subject: Subject<SchedulerSpec>, _ store: SchedulerStore, _ context: ReconcileContext)
    async throws(BackendError) -> SchedulerObserved?
  {
    let offers = context.offers
    func declared(_ ids: some Sequence<ResourceID>) -> [String] {
      ids.filter { !offers.leaving.contains($0) }.map(\.name).sorted()
    }
    do throws(PostgresError) {
      return try await store.read(
        name: subject.id.name, nodes: declared(offers.compute.keys), modules: declared(offers.work.keys),
        accounts: offers.earningAccounts.sorted(),
        pendingLimit: SchedulerBackend.pendingLimit(subject.spec))
    } catch {
      if await store.provesAbsence(error) { return nil }
      throw error.backendError
    }
  }

  /// One more waiting job than the maximum number of replicas is for.
  private static func pendingLimit(_ spec: SchedulerSpec?) -> Int {
    guard let replicas = spec?.replicas else { return 1 }
    return replicas.max * replicas.pendingJobsPerReplica + 1
  }

  package func apply(
    _ operation: SchedulerOperation, to subject: Subject<SchedulerSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    guard let spec = subject.spec else { return }
    switch operation {
    case .write(let file, let text): return try folder.write(text, to: file)
    case .remove(let file): return try folder.remove(file)
    default: break
    }
    let pool = try await context.pool(of: spec.database.id, from: pools)
    let store = SchedulerStore(pool)
    var hasDatabase = true
    do throws(PostgresError) {
      switch operation {
      case .record(let settings):
        hasDatabase = try await store.record(try value(settings), of: subject.id.name)
      case .rename(let former): try await store.rename(former, to: subject.id.name)
      case .openAccounts(let owners, let developers):
        try await store.openAccounts(owners: owners, developers: developers)
      case .recordNodes(let nodes): try await store.record(nodes)
      case .recordModules(let modules): try await store.record(modules)
      case .retire(let nodes, let modules): try await store.retire(nodes: nodes, modules: modules)
      case .leave: try await store.remove(subject.id.name)
      case .write, .remove: break
      }
    } catch {
      throw error.backendError
    }
    guard hasDatabase else {
      throw BackendError(
        code: "scheduler.taken", "\(spec.database) already has a Scheduler",
        hint: "a database has one scheduler: remove one of them", retry: .afterChange)
    }
  }

  private func value(_ json: String) throws(PostgresError) -> Value {
    guard let value = try? Value(json: json) else {
      throw PostgresError(.server, "the settings are not JSON", server: "PostgreSQL")
    }
    return value
  }

  package func deadline(of operation: SchedulerOperation, for subject: Subject<SchedulerSpec>) -> TimeSpan {
    TimeSpan(seconds: 120)
  }

  package func health(
    of subject: Subject<SchedulerSpec>, observed: SchedulerObserved, in context: ReconcileContext
  ) -> Health {
    guard let spec = subject.desired?.spec else { return .ready }
    return observed.replicas.health(under: spec)
  }

  private func store(of database: ResourceID, _ context: ReconcileContext) async throws(BackendError)
    -> SchedulerStore
  {
    SchedulerStore(try await context.pool(of: database, from: pools))
  }
}
