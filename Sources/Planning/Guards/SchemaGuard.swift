package import Model

/// Blocks a database whose schema is newer than declared, and the resources that depend on it. Older programs
/// may misread newer tables, and only restoring a backup reverts a migration.
package enum SchemaGuard {
  package static func finding(applied: Int, declared: Int) -> GuardReason? {
    applied > declared ? .schemaDowngrade(applied: applied, declared: declared) : nil
  }
}
