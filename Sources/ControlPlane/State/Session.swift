package import ContainerSupport
package import ControllerState
import Delivery
import HTTP
import KindSupport
import Manifests
package import Model
import Planning
import Postgres
package import Reconciling
package import Recovery

/// An opened state, and all that commands need which look at or change the world.
package struct Session: Sendable {
  package let platform: Platform
  package let store: any StateStore
  package let auditTrail: any AuditTrail
  package let tokens: PostgresTokens
  /// Environments that had a revision when the session was opened or last refreshed, sorted.
  package private(set) var environments: [String]
  package private(set) var engine: Engine
  package private(set) var progress: any Reporter
  /// Whether somebody sits before it, whose signals stop it.
  package private(set) var isAttended = true
  package let foundations: Foundations
  /// Marks what this controller made in the outside world.
  package let owner: String
  private let listEnvironments: @Sendable () async throws(StoreError) -> [String]

  /// Opens the state and reads manifests meanwhile: that takes about as long as starting the private server. A state
  /// that was never used is not set up for manifests that cannot be read.
  package static func open<Output>(
    _ location: StateLocation, reporter: any Reporter, reading paths: [String],
    _ body: (Session, DesiredState) async throws -> Output
  ) async throws -> Output {
    guard location.database == nil, Files.exists(location.folder + "/postgres") else {
      let loaded = try Platform.schemasOnly().load(paths)
      reporter.report(loaded.warnings)
      return try await open(location, reporter: reporter) { session in
        try await body(session, loaded.desired)
      }
    }
    let foundations = try Foundations(stateFolder: try Files.makeFolder(location.folder))
    // A server that does not start is reported where it is used.
    async let warmingUp: Void? = try? foundations.server.start()
    let loaded = Result { try Platform.schemasOnly().load(paths) }
    await warmingUp
    return try await open(location, on: foundations, reporter: reporter) { session in
      let manifests = try loaded.get()
      reporter.report(manifests.warnings)
      return try await body(session, manifests.desired)
    }
  }

  /// Opens the state, runs `body` and closes the state again, also when `body` throws.
  package static func open<Output>(
    _ location: StateLocation, reporter: any Reporter, _ body: (Session) async throws -> Output
  ) async throws -> Output {
    let foundations = try Foundations(stateFolder: try Files.makeFolder(location.folder))
    return try await open(location, on: foundations, reporter: reporter, body)
  }

  private static func open<Output>(
    _ location: StateLocation, on foundations: Foundations, reporter: any Reporter,
    _ body: (Session) async throws -> Output
  ) async throws -> Output {
    do {
      let session = try await Session(location, foundations, reporter: reporter)
      let output = try await body(session)
      await close(foundations)
      return output
    } catch let error as PostgresError {
      await close(foundations)
      throw OperationError.failed(error.backendError.description)
    } catch let error as StoreError {
      await close(foundations)
      throw OperationError.failed(error.description)
    } catch {
      await close(foundations)
      throw error
    }
  }

  private static func close(_ foundations: Foundations) async {
    await foundations.connector.close()
    // The last user of the folder stops a server that does not stop now.
    _ = try? await foundations.server.stop()
    foundations.http.shutdown()
  }

  private init(_ location: StateLocation, _ foundations: Foundations, reporter: any Reporter) async throws {
    self.foundations = foundations
    let pool: PostgresPool
    if let url = location.database {
      pool = PostgresPool(try PostgresConfiguration(url: url))
    } else {
      try await foundations.server.start()
      try await foundations.server.createDatabase(ControllerState.databaseName)
      pool = try await foundations.connector.pool(for: .embedded(database: ControllerState.databaseName))
    }
    try await Migrations(ControllerState.migrations + Delivery.migrations).apply(to: pool)
    let platform = try Platform(foundations, state: pool)
    let schemas = Dictionary(
      platform.kinds.map { ($0.name, $0.schema) }, uniquingKeysWith: { first, _ in first })
    self.platform = platform
    let store = PostgresStateStore(pool: pool) { id, spec in
      try? schemas[id.kind]?.decode(spec: spec, id: id, metadata: Metadata()).spec
    }
    self.store = store
    auditTrail = store
    tokens = PostgresTokens(pool: pool)
    environments = try await store.environments()
    listEnvironments = { () async throws(StoreError) in try await store.environments() }
    owner = try await store.owner(proposal: Session.randomMark())
    // For people: docker ps --filter label=rendertrust.com/owner=$(cat .rendertrust/owner)
    if !Files.exists(foundations.stateFolder + "/owner") {
      try Files.write(owner + "\n", to: foundations.stateFolder + "/owner")
    }
    progress = reporter
    engine = Engine(
      backends: platform.kinds.backends, planner: EnginePlanner(Planner(planners: platform.kinds.planners)),
      store: store, time: .real, owner: owner,
      offers: { platform.kinds.offers($0) }, nextPassName: { Session.randomMark() + Session.randomMark() },
      progress: progress.handler)
  }

  /// The same session, whose engine writes under the keeper's leases only.
  package func bound(to keeper: LeaseKeeper) -> Session {
    var session = self
    session.engine = engine.bound(to: keeper.fencingTokens, of: keeper)
    return session
  }

  /// The same session, which knows the environments that there are now.
  package func refreshed() async throws(StoreError) -> Session {
    var session = self
    session.environments = try await listEnvironments()
    return session
  }

  /// The same session for an order that came from elsewhere: `reporter` is told what happens, and signals are others' matter.
  package func unattended(telling reporter: any Reporter) -> Session {
    var session = self
    session.isAttended = false
    session.progress = reporter
    session.engine = engine.reporting(to: reporter.handler)
    return session
  }

  private static func randomMark() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// - Parameter name: nil for the only environment in the state.
  package func environment(named name: String?) throws(OperationError) -> String {
    let known = environments
    if let name {
      guard known.contains(name) else {
        throw OperationError.usage(
          "nothing was applied in an environment ‘\(name)’; the state knows "
            + (known.isEmpty ? "none yet" : known.joined(separator: ", ")))
      }
      return name
    }
    guard let only = known.first else {
      throw OperationError.missing("nothing was applied yet: rendertrust apply FOLDER")
    }
    guard known.count == 1 else {
      throw OperationError.usage("say which environment with --environment: \(known.joined(separator: ", "))")
    }
    return only
  }

  /// Executes a prepared plan while progress is shown; Ctrl-C finishes what is under way.
  package func converge(
    _ preparation: Engine.Preparation, by authorship: Authorship, _ allowances: Allowances
  )
    async throws
    -> Engine.Convergence
  {
    try await attending {
      try await engine.converge(preparation, by: authorship, allowances: allowances)
    }
  }

  /// The same as a whole or not at all.
  package func convergeAtomically(
    _ preparation: Engine.Preparation, by authorship: Authorship, _ allowances: Allowances
  ) async throws -> Engine.AtomicConvergence {
    try await attending {
      try await engine.convergeAtomically(preparation, by: authorship, allowances: allowances)
    }
  }

  /// Shows a sign of life and minds the signals of whoever sits before it, for as long as `work` takes.
  private func attending<Output>(_ work: () async throws -> Output) async throws -> Output {
    guard isAttended else { return try await work() }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await animate() }
      group.addTask { await StopSignals.watch(self) {} }
      defer {
        group.cancelAll()
        progress.clear()
      }
      return try await work()
    }
  }

  package func animate() async {
    while (try? await engine.time.sleep(TimeSpan(milliseconds: 100))) != nil { progress.tick() }
  }

  /// Desired resources that are not ready; all that are desired and not known yet count. Nobody makes those ready that
  /// are paused, or that are only observed and differ: they are not waited for.
  package func unready(in environment: String) async throws -> [ResourceID] {
    guard let latest = try await store.latestRevision(of: environment),
      let desired = try await store.desiredState(of: environment, at: latest.number)
    else { return [] }
    let statuses = try await store.statuses(of: environment)
    return desired.resources.filter { resource in
      guard resource.metadata.mode != .paused else { return false }
      guard let status = statuses[resource.id], status.revision >= latest.number else { return true }
      if status.isReady { return false }
      return resource.metadata.mode == .enforce || status.condition(.drifted)?.status != true
    }.map(\.id)
  }

  /// What is declared now.
  package func newestState(of name: String) async throws -> DesiredState {
    let nothing = DesiredState(environment: name, allowsMockGPUs: false, resources: [])
    guard let latest = try await store.latestRevision(of: name) else { return nothing }
    return try await store.desiredState(of: name, at: latest.number) ?? nothing
  }

  /// Makes a full backup at once, whatever the schedule says.
  package func backUpNow(_ policy: Resource<BackupPolicySpec>, in environment: String)
    async throws(BackendError)
    -> BackupDone
  {
    let resources: [AnyResource]
    do throws(StoreError) {
      resources = try await store.inventory(of: environment, knowing: []).values.map(\.resource)
    } catch {
      throw error.backendError
    }
    let context = ReconcileContext(
      environment: environment, owner: owner, now: engine.time.now(), allowsMockGPUs: false,
      offers: platform.kinds.offers(resources))
    let backend = BackupPolicyBackend(server: foundations.server, stateFolder: foundations.stateFolder)
    return try await backend.backUpNow(
      Subject(id: policy.id, desired: policy, lastApplied: policy), in: context)
  }

  /// Reports resources whose containers changed, and engines that answer again, until the task is cancelled.
  package func watchContainers(_ report: @escaping @Sendable (ContainerWatch.Event) -> Void) async {
    await ContainerWatch(engines: foundations.workloads.engines, owner: owner).run(report: report)
  }
}
