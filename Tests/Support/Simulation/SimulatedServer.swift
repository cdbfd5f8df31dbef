import Billing
import Databases
import Model
import Postgres
import Reconciling
import Recovery
import Synchronization

/// The part of a PostgreSQL server that kinds use, in memory: databases with migrations and prices, roles,
/// the controller's table of environments, and an archive with its repositories.
final class SimulatedServer: Sendable {
  struct Database: Equatable, Sendable {
    /// The owner that its comment names; nil for one created by hand.
    var owner: Owner?
    /// What its tables contain beside that of the platform.
    var rows: Set<String> = []
    var migrations: [AppliedMigration] = []
    /// Current entries by map and Price ID.
    var prices: [String: [String: PriceEntry]] = [:]
    /// What was recorded about current entries, by map and Price ID. Lost when an entry is closed.
    var priceHistory: [String: [String: String]] = [:]
    var ledger = LedgerState()
    var jobs = SchedulerState()

    /// Whether the migration that creates its tables was applied.
    var hasLedger: Bool { migrations.contains { $0.number == 2 } }
    var hasJobs: Bool { migrations.contains { $0.number == 3 } }
  }

  struct Role: Equatable, Sendable {
    /// The owner that created the role; nil for one created by hand.
    var madeBy: Owner?
    var canLogin: Bool
    var grants: [String: RoleAccess] = [:]
  }

  struct Archive: Equatable, Sendable {
    /// The repository, as a key of `repositories`; nil for a command that no policy configured.
    var policy: String?
    var timeoutSeconds: Int
  }

  struct Repository: Equatable, Sendable {
    /// The owner that its file names.
    var owner: Owner?
    var backups: [BackupRecord] = []
    /// What its backups contain.
    var notes: Set<String> = []
    var isConfigured = true
  }

  struct State: Equatable, Sendable {
    var databases: [String: Database] = [:]
    var roles: [String: Role] = [:]
    var environments: [String: String] = [:]
    var archive: Archive?
    /// By folder and stanza.
    var repositories: [String: Repository] = [:]
    var lastBackup = 0
    var lastLedger = 0
    /// Databases that were lost with the entries of their ledger, as their backups have them, by name.
    var lost: [String: Database] = [:]
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

  /// The migrations of this release.
  static let migrations = [
    Migrations.Migration(number: 1, name: "prices", sql: "CREATE TABLE prices ()"),
    Migrations.Migration(number: 2, name: "ledger", sql: "CREATE TABLE ledger ()"),
    Migrations.Migration(number: 3, name: "jobs", sql: "CREATE TABLE jobs ()"),
  ]

  static func missing(_ what: String) -> BackendError {
    BackendError(code: "postgres.missing", "\(what) does not exist")
  }

  /// The name of the embedded database that `id` declares for a resource.
  static func database(_ id: ResourceID?, of resource: ResourceID, in context: ReconcileContext)
    -> Result<String, BackendError>
  {
    guard let id, case .embedded(let name)? = context.offers.databases[id]?.address else {
      return .failure(
        BackendError(
          code: "database.undeclared", "the database of \(resource) is not declared", retry: .afterChange))
    }
    return .success(name)
  }
}
