import Billing
import Databases
import Model
import Postgres
import Recovery
import Synchronization

/// A PostgreSQL server in memory, as far as rooms care: databases with migrations and prices, roles, the controller's
/// table of environments, and an archive with its repositories.
final class SimulatedServer: Sendable {
  struct Database: Equatable, Sendable {
    var migrations: [AppliedMigration] = []
    /// Current entries by map and Price ID.
    var prices: [String: [String: PriceEntry]] = [:]
    var books = Books()
    var jobs = Jobs()

    /// Whether the migration that brings their tables was applied.
    var hasBooks: Bool { migrations.contains { $0.number == 2 } }
    var hasJobs: Bool { migrations.contains { $0.number == 3 } }
  }

  struct Role: Equatable, Sendable {
    /// The resource that made it; nil for one made by hand.
    var madeBy: ResourceID?
    var canLogin: Bool
    var grants: [String: RoleAccess] = [:]
  }

  struct Archive: Equatable, Sendable {
    /// Nil: somebody else's command.
    var policy: String?
    var timeoutSeconds: Int
  }

  struct Repository: Equatable, Sendable {
    var backups: [BackupRecord] = []
    var isConfigured = true
  }

  struct State: Equatable, Sendable {
    var databases: [String: Database] = [:]
    var roles: [String: Role] = [:]
    var environments: [String: String] = [:]
    var archive: Archive?
    var repositories: [String: Repository] = [:]
    var lastBackup = 0
  }

  private let state = Mutex(State())

  var now: State { state.withLock { $0 } }
  func change<Output: Sendable>(_ body: (inout State) -> Output) -> Output {
    state.withLock { state in
      var copy = state
      defer { state = copy }
      return body(&copy)
    }
  }

  /// What this release brings.
  static let migrations = [
    Migrations.Migration(number: 1, name: "prices", sql: "CREATE TABLE prices ()"),
    Migrations.Migration(number: 2, name: "ledger", sql: "CREATE TABLE ledger ()"),
    Migrations.Migration(number: 3, name: "jobs", sql: "CREATE TABLE jobs ()"),
  ]

  static func missing(_ what: String) -> BackendError {
    BackendError(code: "postgres.missing", "\(what) does not exist")
  }
}
