package import Model

/// Why PostgreSQL did not do what was asked. `description` is safe to show: it holds neither passwords nor values of
/// rows; what the server said beyond its first line is in `debugDescription` only.
package struct PostgresError: Error, Hashable, Sendable {
  package enum Code: String, Sendable, CaseIterable {
    /// Nobody listens, the connection broke, or the server is starting or stopping.
    case unreachable
    /// Password, certificate or `pg_hba.conf` forbids the login.
    case authentication
    /// The connection string cannot be read.
    case invalidAddress
    case databaseMissing
    case duplicate
    /// A foreign key, check, exclusion or not-null rule was broken.
    case constraint
    /// A table, column, function or schema does not exist.
    case missing
    case syntax
    case permission
    case diskFull
    case tooManyConnections
    case readOnly
    /// Two transactions were in each other's way, and running again may work: 40001, 40P01.
    case conflict
    case lockTimeout
    /// The Swift task was cancelled, or somebody cancelled the statement.
    case cancelled
    /// The transaction had failed earlier and was rolled back in place of being committed.
    case transactionAborted
    /// No row where one was asked for, or more than one.
    case notFound
    /// A column is absent, NULL, or not of the type asked for.
    case unexpectedValue
    /// The pool was closed.
    case closed
    /// Any other report of the server; see `sqlState`.
    case statement
    /// Server programs are not installed.
    case programMissing
    /// The embedded server cannot be set up, started or stopped.
    case server
    /// A migration was changed after it had landed, has a gap, or the database is newer than the program.
    case migration
  }

  package let code: Code
  package let message: String
  package let hint: String?
  /// The server and database, such as `PostgreSQL at db.example.com:5432/ledger`; never a password.
  package let server: String
  /// The five characters of the SQL standard; nil when the server said nothing.
  package let sqlState: String?
  /// The constraint, table or column the server named, for programs.
  package let subject: String?
  /// What the server said beyond its first line. May hold values of rows.
  package let detail: String?
  package let retry: BackendError.Retry

  package init(
    _ code: Code, _ message: String, hint: String? = nil, server: String = "PostgreSQL",
    sqlState: String? = nil, subject: String? = nil, detail: String? = nil,
    retry: BackendError.Retry? = nil
  ) {
    self.code = code
    self.message = message
    self.hint = hint ?? PostgresError.hint(for: code)
    self.server = server
    self.sqlState = sqlState
    self.subject = subject
    self.detail = detail
    self.retry = retry ?? PostgresError.retry(for: code)
  }

  /// Whether running the whole transaction again may succeed.
  package var isTransactionConflict: Bool { code == .conflict }

  package var backendError: BackendError {
    BackendError(code: "postgres.\(code.rawValue)", "\(server): \(message)", hint: hint, retry: retry)
  }

  private static func retry(for code: Code) -> BackendError.Retry {
    switch code {
    case .unreachable, .diskFull, .tooManyConnections, .readOnly, .conflict, .lockTimeout, .cancelled,
      .databaseMissing, .server, .transactionAborted:
      .later
    case .authentication, .invalidAddress, .duplicate, .constraint, .missing, .syntax, .permission, .notFound,
      .unexpectedValue, .closed, .statement, .programMissing, .migration:
      .afterChange
    }
  }

  private static func hint(for code: Code) -> String? {
    switch code {
    case .diskFull: "free space on the server's disk; what was committed before is safe"
    case .tooManyConnections: "raise max_connections or lower the number of connections of its clients"
    case .readOnly: "the server is a standby or is set to read-only; connect to the primary"
    case .authentication: "check user, password and the server's pg_hba.conf"
    case .databaseMissing: "create the database, or correct its name"
    case .permission: "grant the role what the statement needs"
    default: nil
    }
  }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
  package var description: String { hint.map { "\(server): \(message); \($0)" } ?? "\(server): \(message)" }

  package var debugDescription: String {
    let parts = [sqlState.map { "SQLSTATE \($0)" }, subject, detail].compactMap(\.self)
    return parts.isEmpty ? description : "\(description) (\(parts.joined(separator: ", ")))"
  }
}
