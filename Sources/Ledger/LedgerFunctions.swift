/// The functions of the ledger in the database. They are installed with the triggers, not by a migration, so
/// that a release can replace them.
enum LedgerFunctions {
  /// In the order of their installation.
  static let all = [
    Function(signature: "ledger_is_immutable()", sql: LedgerSQL.refuseChange),
    Function(signature: "ledger_begin_account()", sql: LedgerSQL.beginAccount),
    Function(
      signature: "ledger_execute(timestamptz, text[], bytea[], bytea[], text[], bigint[], bigint[], text[], "
        + "bigint[], bigint[], text[], bigint[], text[], bigint[])", sql: LedgerSQL.execute,
      earlierBody: "8f3feb0e02d44e15b08dd66f878de11ff42c755721524c986daa36401815b1fa"),
    Function(
      signature: "ledger_expire(timestamptz, int)", sql: LedgerSQL.expire,
      earlierBody: "70a6eeeaa88dc153b9df8aaf27f91da2dc0ef977447d94eaf904164df7995e26"),
  ]

  struct Function: Sendable {
    /// The name with the types of the parameters.
    let signature: String
    /// Creates the function, or replaces one of the same signature.
    let sql: String
    /// SHA-256 of the body in version 0.4.0, which has other names and comments and does the same: it is kept
    /// where it is installed. Empty if there is none, and once the function does something else.
    var earlierBody = ""

    /// The body as PostgreSQL stores it in `pg_proc.prosrc`.
    var body: Substring {
      guard let start = sql.firstRange(of: "$$"), let end = sql.ranges(of: "$$").last else { return "" }
      return sql[start.upperBound..<end.lowerBound]
    }
  }
}
