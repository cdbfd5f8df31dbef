import ControllerState
import Delivery
import HTTP
import KindSupport
import Manifests
package import Model
import Planning
package import Postgres
package import Reconciling

/// The parts of an opened state. Commands and servers hand each query, change and loop the parts that it
/// uses.
package struct StateSession: Sendable {
  package let foundations: Foundations
  package let platform: Platform
  package let store: any StateStore
  package let auditTrail: any AuditTrail
  package let tokens: TokenService
  package let environments: EnvironmentDirectory
  package let environmentChanges: EnvironmentChanges
  package let changes: ChangeExecutor
  /// Label of everything that this controller creates in other systems.
  package let owner: String

  package var engine: Engine { changes.engine }
  package var time: TimeSource { changes.engine.time }
  package var reporter: any Reporter { changes.reporter }

  /// - Parameter pool: connections to the database of the state, with all migrations applied.
  private init(_ pool: PostgresPool, _ foundations: Foundations, reporter: any Reporter) async throws {
    let platform = try Platform(foundations, state: pool)
    let schemas = Dictionary(
      platform.kinds.map { ($0.name, $0.schema) }, uniquingKeysWith: { first, _ in first })
    let store = PostgresStateStore(pool: pool) { id, spec in
      try? schemas[id.kind]?.decode(recorded: spec, id: id).spec
    }
    let owner = try await store.owner(proposal: RandomMark.hexadecimal())
    try await OwnershipTakeover(store: store, kinds: platform.kinds, owner: owner).run(
      at: TimeSource.real.now())
    let engine = Engine(
      backends: platform.kinds.backends, planner: EnginePlanner(Planner(planners: platform.kinds.planners)),
      store: store, time: .real, owner: owner, offers: { platform.kinds.offers($0) },
      ownershipRules: platform.kinds.ownershipRules,
      nextPassName: { RandomMark.hexadecimal() + RandomMark.hexadecimal() }, progress: reporter.handler)
    self.foundations = foundations
    self.platform = platform
    self.store = store
    self.owner = owner
    auditTrail = store
    tokens = TokenService(tokens: PostgresTokens(pool: pool), now: engine.time.now)
    environments = EnvironmentDirectory { () async throws(StoreError) in try await store.environments() }
    environmentChanges = EnvironmentChanges(store: store, gates: EnvironmentBackend(state: pool))
    changes = ChangeExecutor(engine: engine, store: store, reporter: reporter, isInteractive: true)
  }
}

extension StateSession {
  /// Opens the state, runs `body` and closes the state again, also when `body` throws.
  package static func open<Output>(
    _ location: StateLocation, reporter: any Reporter, _ body: (StateSession) async throws -> Output
  ) async throws -> Output {
    let foundations = try foundations(location, reporter)
    return try await open(location, on: foundations, reporter: reporter, body)
  }

  /// Starts the private server while the manifests are read, which takes about as long. Invalid manifests do
  /// not create a state.
  package static func open<Output>(
    _ location: StateLocation, reporter: any Reporter, reading paths: [String], allowsEmpty: Bool,
    _ body: (StateSession, DesiredState) async throws -> Output
  ) async throws -> Output {
    guard location.database == nil, Files.exists(location.folder + "/postgres") else {
      let loaded = try load(paths, allowsEmpty)
      reporter.report(loaded.warnings)
      return try await open(location, reporter: reporter) { try await body($0, loaded.desired) }
    }
    let foundations = try foundations(location, reporter)
    // The first use of the server reports an error of its start.
    async let start: Void? = try? foundations.server.start()
    let loaded = Result { try load(paths, allowsEmpty) }
    await start
    return try await open(location, on: foundations, reporter: reporter) { state in
      let manifests = try loaded.get()
      reporter.report(manifests.warnings)
      return try await body(state, manifests.desired)
    }
  }

  private static func load(
    _ paths: [String], _ allowsEmpty: Bool
  ) throws(OperationError) -> LoadedManifests {
    try Platform.schemasOnly().load(paths)
      .requiringResources(unless: allowsEmpty, at: paths, areLocal: true)
  }

  /// Opens the state with these clients, which are closed afterwards.
  package static func open<Output>(
    _ location: StateLocation, on foundations: Foundations, reporter: any Reporter,
    _ body: (StateSession) async throws -> Output
  ) async throws -> Output {
    let result: Result<Output, any Error>
    do {
      let pool = try await pool(of: location, foundations)
      try await Migrations(stateMigrations).apply(to: pool)
      let state = try await StateSession(pool, foundations, reporter: reporter)
      try state.writeOwnerFile()
      result = .success(try await supervising(foundations.supervisor) { try await body(state) })
    } catch let error as PostgresError {
      result = .failure(OperationError.failed(error.backendError.description))
    } catch let error as StoreError {
      result = .failure(OperationError.failed(error.description))
    } catch {
      result = .failure(error)
    }
    await close(foundations)
    return try result.get()
  }

  /// Restarts the private server, when it ends, during `body`.
  private static func supervising<Output>(
    _ supervisor: ServerSupervisor, _ body: () async throws -> Output
  ) async throws -> Output {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await supervisor.run() }
      defer { group.cancelAll() }
      return try await body()
    }
  }

  private static func foundations(
    _ location: StateLocation, _ reporter: any Reporter
  ) throws -> Foundations {
    try Foundations(stateFolder: try Files.makeFolder(location.folder)) { reporter.warn($0) }
  }

  /// The migrations of the state's database, in order.
  package static var stateMigrations: [Migrations.Migration] {
    ControllerState.migrations + Delivery.migrations
  }

  private static func pool(of location: StateLocation, _ foundations: Foundations) async throws
    -> PostgresPool
  {
    if let url = location.database { return PostgresPool(try PostgresConfiguration(url: url)) }
    try await foundations.server.start()
    try await foundations.server.createDatabase(ControllerState.databaseName)
    return try await foundations.connector.pool(for: .embedded(database: ControllerState.databaseName))
  }

  private static func close(_ foundations: Foundations) async {
    await foundations.connector.close()
    // A server that does not stop now is stopped by the last process that uses the folder.
    _ = try? await foundations.server.stop()
    foundations.http.shutdown()
  }

  /// For people: docker ps --filter label=rendertrust.com/owner=$(cat .rendertrust/owner)
  private func writeOwnerFile() throws {
    let path = foundations.stateFolder + "/owner"
    if !Files.exists(path) { try Files.write(owner + "\n", to: path) }
  }
}
