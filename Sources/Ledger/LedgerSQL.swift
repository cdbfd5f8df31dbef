internal import Model
internal import Postgres

/// The statements of `SQL/`; each file documents its parameters.
enum LedgerSQL {
  /// A migration that landed; its text, comments included, never changes.
  static let tables = EmbeddedSQL.text(PackageResources.migration_2_ledger_sql)

  static let missingGuards = EmbeddedSQL.text(PackageResources.missing_guards_sql)

  static let identity = EmbeddedSQL.text(PackageResources.ledger_identity_sql)

  static let lockedAccounts = EmbeddedSQL.text(PackageResources.locked_accounts_sql)
  static let entryBefore = EmbeddedSQL.text(PackageResources.entry_before_sql)
  static let statementLines = EmbeddedSQL.text(PackageResources.statement_lines_sql)
  static let openHolds = EmbeddedSQL.text(PackageResources.open_holds_sql)

  static let insertRules = EmbeddedSQL.text(
    PackageResources.insert_rules_sql,
    [
      "hash": LedgerRules.hashExpression(
        of: "r",
        after: "(SELECT hash FROM ledger_rules WHERE version < $1 ORDER BY version DESC LIMIT 1)")
    ])

  static let insertUsage = EmbeddedSQL.text(PackageResources.insert_usage_sql)
  static let unsettledUsage = EmbeddedSQL.text(PackageResources.unsettled_usage_sql)

  static let proofEntries = EmbeddedSQL.text(PackageResources.proof_entries_sql)
  static let proofAccounts = EmbeddedSQL.text(PackageResources.proof_accounts_sql)
  static let proofHolds = EmbeddedSQL.text(PackageResources.proof_holds_sql)

  static let changedDays = EmbeddedSQL.text(PackageResources.changed_days_sql)
  static let recordExport = EmbeddedSQL.text(PackageResources.record_export_sql)
  static let openTransactions = EmbeddedSQL.text(PackageResources.open_transactions_sql)

  /// Adds the constraint that an account has what its holds reserve.
  /// - Parameter check: The definition as PostgreSQL prints it.
  static func overdraftConstraint(_ check: String) -> String {
    EmbeddedSQL.text(PackageResources.overdraft_constraint_sql, ["check": check])
  }

  static func appendOnlyTriggers(of table: String) -> String {
    EmbeddedSQL.text(PackageResources.append_only_triggers_sql, ["table": table])
  }

  static let refuseChange = EmbeddedSQL.text(PackageResources.refuse_change_sql)
  static let beginAccount = EmbeddedSQL.text(PackageResources.begin_account_sql)
  static let expire = EmbeddedSQL.text(PackageResources.expire_sql)

  /// The function that executes calls, assembled from the files `execute-….sql`.
  static let execute = EmbeddedSQL.text(
    PackageResources.execute_sql,
    [
      "variables": EmbeddedSQL.text(
        PackageResources.execute_variables_sql, ["max_amount": String(Credits.maxTransfer.micro)]),
      "lock_accounts": EmbeddedSQL.text(PackageResources.execute_lock_accounts_sql),
      "expire_holds": EmbeddedSQL.text(PackageResources.execute_expire_holds_sql),
      "find_accounts": EmbeddedSQL.text(PackageResources.execute_find_accounts_sql),
      "find_rules": EmbeddedSQL.text(PackageResources.execute_find_rules_sql),
      "find_recorded_calls": EmbeddedSQL.text(PackageResources.execute_find_recorded_calls_sql),
      "find_holds": EmbeddedSQL.text(PackageResources.execute_find_holds_sql),
      "answer_repeated_call": EmbeddedSQL.text(PackageResources.execute_answer_repeated_call_sql),
      "check_call": EmbeddedSQL.text(PackageResources.execute_check_call_sql),
      "decide_call": EmbeddedSQL.text(PackageResources.execute_decide_call_sql),
      "post_legs": EmbeddedSQL.text(
        PackageResources.execute_post_legs_sql,
        ["append_entry": EmbeddedSQL.text(PackageResources.execute_append_entry_sql)]),
      "store_holds": EmbeddedSQL.text(PackageResources.execute_store_holds_sql),
      "store_entries": EmbeddedSQL.text(PackageResources.execute_store_entries_sql),
      "store_accounts_and_calls": EmbeddedSQL.text(PackageResources.execute_store_accounts_and_calls_sql),
      "return_outcomes": EmbeddedSQL.text(PackageResources.execute_return_outcomes_sql),
    ])
}
