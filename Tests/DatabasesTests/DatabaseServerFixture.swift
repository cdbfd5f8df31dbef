import Databases
import KindTestSupport
import Model
import Postgres
import PostgresSupport
import Reconciling
import Synchronization

/// The tests' server and the kind on it.
final class DatabaseServerFixture: Sendable {
  private let pools = Mutex<[DatabaseAddress: PostgresPool]>([:])
  private let configuration: @Sendable (String) async throws -> PostgresConfiguration

  private init(_ configuration: @escaping @Sendable (String) async throws -> PostgresConfiguration) {
    self.configuration = configuration
  }

  static func with(_ body: (DatabaseServerFixture) async throws -> Void) async throws {
    try await use(DatabaseServerFixture { try await TestDatabase.configuration(database: $0) }, body)
  }

  /// A server of its own, for tests that kill processes of it.
  static func withPrivateServer(_ body: (DatabaseServerFixture) async throws -> Void) async throws {
    try await TestFolder.with { folder in
      let postgres = PostgresServer(stateFolder: folder)
      try await postgres.start()
      try await use(DatabaseServerFixture { try await postgres.configuration(database: $0) }, body)
      try await postgres.stop()
    }
  }

  private static func use(
    _ server: DatabaseServerFixture, _ body: (DatabaseServerFixture) async throws -> Void
  ) async throws {
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(server)) } catch { outcome = .failure(error) }
    for pool in server.pools.withLock({ Array($0.values) }) { await pool.close() }
    try outcome.get()
  }

  func pool(_ address: DatabaseAddress) async throws -> PostgresPool {
    guard case .embedded(let database) = address else { throw BackendError(code: "test", "embedded only") }
    let configuration = try await configuration(database)
    return pools.withLock { pools in
      let pool = pools[address] ?? PostgresPool(configuration, connections: 2)
      pools[address] = pool
      return pool
    }
  }

  /// Observes, plans and applies once.
  /// - Parameter leaves: whether the database left the manifests.
  /// - Returns: the summaries of the applied steps.
  func converge(
    _ database: Resource<DatabaseSpec>, leaves: Bool = false, lastApplied: Resource<DatabaseSpec>? = nil,
    movedFrom: Resource<DatabaseSpec>? = nil, in context: ReconcileContext = Fixture.reconcileContext()
  ) async throws -> [String] {
    let fixture = KindFixture(DatabasePlanner(migrations: DatabaseBackendTests.migrations), try backend)
    let steps = try await fixture.apply(
      database.id, leaves ? nil : database, lastApplied: leaves ? database : lastApplied,
      movedFrom: movedFrom, in: context)
    return steps.map(\.summary)
  }

  var backend: DatabaseBackend {
    get throws {
      try DatabaseBackend(migrations: DatabaseBackendTests.migrations) { address throws(PostgresError) in
        do { return try await self.pool(address) } catch {
          throw PostgresError(.server, "\(error)", server: "x")
        }
      }
    }
  }

  // MARK: Statements about databases

  func administrate(_ sql: String) async throws {
    try await pool(.embedded(database: "postgres")).script(sql)
  }

  /// The comment of a database; nil where it has none or does not exist.
  func comment(of database: String) async throws -> String? {
    let rows = try await pool(.embedded(database: "postgres")).query(
      "SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = $1",
      [.text(database)])
    return try rows.first?.optionalText("mark")
  }

  func exists(_ database: String) async throws -> Bool {
    try await !pool(.embedded(database: "postgres")).query(
      "SELECT 1 FROM pg_database WHERE datname = $1", [.text(database)]
    ).isEmpty
  }
}
