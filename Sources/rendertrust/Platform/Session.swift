import ContainerSupport
import ControllerState
import Delivery
import HTTP
import KindSupport
import Manifests
import Model
import Planning
import Postgres
import Reconciling
import Recovery

/// An opened state, and all that commands need which look at or change the world.
struct Session: Sendable {
  let platform: Platform
  let store: any StateStore
  let auditTrail: any AuditTrail
  let tokens: PostgresTokens
  /// Environments that had a revision when the session was opened or last refreshed, sorted.
  private(set) var environments: [String]
  private(set) var engine: Engine
  private(set) var progress: any Reporter
  /// Whether somebody sits before it, whose signals stop it.
  private(set) var isAttended = true
  let foundations: Foundations
  /// Marks what this controller made in the outside world.
  let owner: String
  private let listEnvironments: @Sendable () async throws(StoreError) -> [String]

  /// The same as `open`, and reads manifests meanwhile: that takes about as long as starting the private server. A
  /// state that was never used is not set up for manifests that cannot be read.
  static func open<Output>(
    _ options: StateOptions, reading paths: [String], _ body: (Session, DesiredState) async throws -> Output
  ) async throws -> Output {
    guard options.database == nil, Files.exists(options.state + "/postgres") else {
      let desired = try Platform.schemasOnly().load(paths)
      return try await open(options) { session in try await body(session, desired) }
    }
    let foundations = try Foundations(stateFolder: try Files.makeFolder(options.state))
    // What is wrong with the server is said where it is used.
    async let warmingUp: Void? = try? foundations.server.start()
    let loaded = Result { try Platform.schemasOnly().load(paths) }
    await warmingUp
    return try await open(options, on: foundations, voice: LiveProgress(time: .real, showsPlan: false)) {
      session in
      try await body(session, try loaded.get())
    }
  }

  /// Opens the state, runs `body` and closes the state again, also when `body` throws.
  static func open<Output>(
    _ options: StateOptions, showsPlan: Bool = false, _ body: (Session) async throws -> Output
  ) async throws -> Output {
    try await open(options, voice: LiveProgress(time: .real, showsPlan: showsPlan), body)
  }

  /// The same, telling `voice` what happens.
  static func open<Output>(
    _ options: StateOptions, voice: any Reporter, _ body: (Session) async throws -> Output
  ) async throws -> Output {
    let foundations = try Foundations(stateFolder: try Files.makeFolder(options.state))
    return try await open(options, on: foundations, voice: voice, body)
  }

  private static func open<Output>(
    _ options: StateOptions, on foundations: Foundations, voice: any Reporter,
    _ body: (Session) async throws -> Output
  ) async throws -> Output {
    do {
      let session = try await Session(options, foundations, voice: voice)
      let output = try await body(session)
      await close(foundations)
      return output
    } catch let error as PostgresError {
      await close(foundations)
      throw CommandFailure.failed(error.backendError.description)
    } catch let error as StoreError {
      await close(foundations)
      throw CommandFailure.failed(error.description)
    } catch {
      await close(foundations)
      throw error
    }
  }

  private static func close(_ foundations: Foundations) async {
    await foundations.connector.close()
    // A server that does not stop now is stopped by whoever uses the folder last.
    _ = try? await foundations.server.stop()
    foundations.http.shutdown()
  }

  private init(_ options: StateOptions, _ foundations: Foundations, voice: any Reporter) async throws {
    self.foundations = foundations
    let pool: PostgresPool
    if let url = options.database {
      pool = PostgresPool(try PostgresConfiguration(url: Secret(url)))
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
    progress = voice
    engine = Engine(
      backends: platform.kinds.backends, planner: EnginePlanner(Planner(planners: platform.kinds.planners)),
      store: store, time: .real, owner: owner,
      offers: { platform.kinds.offers($0) }, nextPassName: { Session.randomMark() + Session.randomMark() },
      progress: progress.handler)
  }

  /// The same session, whose engine writes under the keeper's leases only.
  func bound(to keeper: LeaseKeeper) -> Session {
    var session = self
    session.engine = engine.bound(to: keeper.permit, of: keeper)
    return session
  }

  /// The same session, which knows the environments that there are now.
  func refreshed() async throws(StoreError) -> Session {
    var session = self
    session.environments = try await listEnvironments()
    return session
  }

  /// The same session for an order that came from elsewhere: `voice` is told what happens, and signals are others' matter.
  func unattended(telling voice: any Reporter) -> Session {
    var session = self
    session.isAttended = false
    session.progress = voice
    session.engine = engine.telling(voice.handler)
    return session
  }

  private static func randomMark() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The environment that a command means: the one that is named, else the only one in the state.
  func environment(_ option: EnvironmentOption) throws(CommandFailure) -> String {
    try environment(named: option.environment)
  }

  func environment(named name: String?) throws(CommandFailure) -> String {
    let known = environments
    if let name {
      guard known.contains(name) else {
        throw CommandFailure.usage(
          "nothing was applied in an environment ‘\(name)’; the state knows "
            + (known.isEmpty ? "none yet" : known.joined(separator: ", ")))
      }
      return name
    }
    guard let only = known.first else {
      throw CommandFailure.missing("nothing was applied yet: rendertrust apply FOLDER")
    }
    guard known.count == 1 else {
      throw CommandFailure.usage("say which environment with --environment: \(known.joined(separator: ", "))")
    }
    return only
  }

  /// Executes a prepared plan while progress is shown; Ctrl-C finishes what is under way.
  func converge(_ preparation: Engine.Preparation, by authorship: Authorship, _ allowances: Allowances)
    async throws
    -> Engine.Convergence
  {
    try await attending {
      try await engine.converge(preparation, by: authorship, allowances: allowances)
    }
  }

  /// The same as a whole or not at all.
  func convergeAtomically(
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

  func animate() async {
    while (try? await engine.time.sleep(TimeSpan(milliseconds: 100))) != nil { progress.tick() }
  }

  /// Desired resources that are not ready; all that are desired and not known yet count. Nobody makes those ready that
  /// are paused, or that are only observed and differ: they are not waited for.
  func unready(in environment: String) async throws -> [ResourceID] {
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

  /// Makes a full backup at once, whatever the schedule says.
  func backUpNow(_ policy: Resource<BackupPolicySpec>, in environment: String) async throws(BackendError)
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
  func watchContainers(_ report: @escaping @Sendable (ContainerWatch.Event) -> Void) async {
    await ContainerWatch(engines: foundations.workloads.engines, owner: owner).run(report: report)
  }
}
