/// The functions of the ledger in the database. They are installed with the triggers, not by a migration, so
/// that a release can replace them.
enum LedgerFunctions {
  /// In the order of their installation.
  static let all = [
    Function(signature: "ledger_is_immutable()", sql: LedgerSQL.refuseChange),
    Function(signature: "ledger_begin_account()", sql: LedgerSQL.beginAccount),
    Function(
      signature: "ledger_execute(timestamptz, text[], bytea[], bytea[], text[], bigint[], bigint[], text[], "
        + "bigint[], bigint[], text[], bigint[], text[], bigint[])", sql: LedgerSQL.execute),
    Function(signature: "ledger_expire(timestamptz, int)", sql: LedgerSQL.expire),
  ]

  struct Function: Sendable {
    /// The name with the types of the parameters.
    let signature: String
    /// Creates the function, or replaces one of the same signature.
    let sql: String

    /// The body as PostgreSQL stores it in `pg_proc.prosrc`.
    var body: Substring {
      guard let start = sql.firstRange(of: "$$"), let end = sql.ranges(of: "$$").last else { return "" }
      return sql[start.upperBound..<end.lowerBound]
    }
  }
}
