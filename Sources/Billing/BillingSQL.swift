internal import Ledger
internal import Postgres

/// The statements of `SQL/`; each file documents its parameters.
enum BillingSQL {
  // Migrations that landed; their text, comments included, never changes.
  static let priceMapEntries = EmbeddedSQL.text(PackageResources.migration_1_price_map_entries_sql)
  static let tables = EmbeddedSQL.text(PackageResources.migration_3_billing_sql)
  static let modes = EmbeddedSQL.text(PackageResources.migration_4_billing_modes_sql)

  static let writePrices = EmbeddedSQL.text(PackageResources.write_prices_sql)
  static let pricesInForce = EmbeddedSQL.text(PackageResources.prices_in_force_sql)

  static let eventStatus = EmbeddedSQL.text(
    PackageResources.event_status_sql, ["has_ledger": LedgerStore.isOwnedExpression])
  static let insertPurchase = EmbeddedSQL.text(PackageResources.insert_purchase_sql)
  static let recordReversal = EmbeddedSQL.text(PackageResources.record_reversal_sql)

  static let resolveReversals = EmbeddedSQL.text(PackageResources.resolve_reversals_sql)
  static let unresolvedSessions = EmbeddedSQL.text(PackageResources.unresolved_sessions_sql)
  static let eraseDeadLetters = EmbeddedSQL.text(PackageResources.erase_dead_letters_sql)
}
