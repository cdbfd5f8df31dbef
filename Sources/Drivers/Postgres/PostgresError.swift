package import Model

/// Why PostgreSQL did not execute a statement or accept a connection.
package enum PostgresErrorCode: String, ProblemCode, CaseIterable {
  /// No server listens, the connection broke, or the server is starting or stopping.
  case unreachable
  /// Password, certificate or `pg_hba.conf` forbids the login.
  case authentication
  /// The connection string cannot be parsed.
  case invalidAddress
  case databaseMissing
  case duplicate
  /// A foreign key, check, exclusion or not-null rule was violated.
  case constraint
  /// A table or schema does not exist.
  case missing
  /// A column, function or type does not exist: the tables may be of another version of this program, and
  /// may contain rows.
  case incompatible
  case syntax
  case permission
  case diskFull
  case tooManyConnections
  case readOnly
  /// A serialization failure or a deadlock (40001, 40P01); the transaction may succeed when it runs again.
  case conflict
  case lockTimeout
  /// The Swift task was cancelled, or another session cancelled the statement.
  case cancelled
  /// The transaction had failed earlier and was rolled back instead of committed.
  case transactionAborted
  /// The statement returned no row, or more than one, where one was expected.
  case notFound
  /// A column is absent, NULL, or not of the requested type.
  case unexpectedValue
  /// The pool was closed.
  case closed
  /// Any other error of the server; see `sqlState`.
  case statement
  /// The server programs are not installed.
  case programMissing
  /// The embedded server cannot be set up, started or stopped.
  case server
  /// A migration was changed after it had landed, has a gap, or the database is newer than the program.
  case migration
  /// The controller lost the lease of the step's resource; nothing was sent.
  case leaseLost

  package static let domain = "postgres"

  package static let temporary: Set<Self> = [
    .unreachable, .diskFull, .tooManyConnections, .readOnly, .conflict, .lockTimeout, .cancelled,
    .databaseMissing, .server, .transactionAborted, .leaseLost,
  ]

  package var effect: StepEffect { self == .cancelled ? .uncertain : .settled }

  package var defaultHint: String? {
    switch self {
    case .diskFull: "free space on the server's disk; what was committed before is safe"
    case .tooManyConnections: "raise max_connections or lower the number of connections of its clients"
    case .readOnly: "the server is a standby or is set to read-only; connect to the primary"
    case .authentication: "check user, password and the server's pg_hba.conf"
    case .databaseMissing: "create the database, or correct its name"
    case .incompatible:
      "its tables are of another version: ‘rendertrust apply’ migrates a Database without an older ‘schema’"
    case .permission: "grant the role what the statement needs"
    default: nil
    }
  }
}

/// Why PostgreSQL did not execute a statement or accept a connection. The subject is the server and database,
/// the cause the SQLSTATE; `detail` holds what the server reported beyond its first line.
package typealias PostgresError = Problem<PostgresErrorCode>

extension PostgresError {
  /// - Parameters:
  ///   - server: The server and database, such as `PostgreSQL at db.example.com:5432/ledger`; never a
  ///     password.
  ///   - sqlState: The five characters of the SQL standard; nil when the server did not respond.
  package init(
    _ code: Code, _ message: String, hint: String? = nil, server: String, sqlState: String? = nil,
    detail: String? = nil, retry: Retry? = nil
  ) {
    self.init(
      code, message, hint: hint, subject: server, retry: retry, cause: sqlState, detail: detail)
  }

  /// The server and database, such as `PostgreSQL at db.example.com:5432/ledger`.
  package var server: String { subject ?? "PostgreSQL" }

  /// Nil when the server did not respond.
  package var sqlState: String? { cause }

  /// Whether the database, or a table or schema that the statement names, does not exist. Proves absence
  /// only for a statement that reads a single table; see `provesAbsence(of:in:)`.
  package var isAbsence: Bool { code == .databaseMissing || code == .missing }

  /// Whether the database does not exist, or has no table of this name in any schema, after a statement that
  /// reads the table failed with this error. Then the table contains no row.
  ///
  /// A missing column or function proves nothing, because the table may have rows. Nor does another missing
  /// table of the same statement or pipeline: the catalog of the database decides.
  package func provesAbsence(of table: String, in pool: PostgresPool) async -> Bool {
    switch code {
    case .databaseMissing: true
    case .missing: (try? await pool.query(PostgresError.tables, [.text(table)]).isEmpty) ?? false
    default: false
    }
  }

  private static let tables =
    "SELECT 1 FROM pg_class WHERE relname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f')"
}
