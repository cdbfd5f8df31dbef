package import Model

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
}
