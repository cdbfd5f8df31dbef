package import Model

/// Holds a database that has a newer schema than its manifest declares, and with it whatever is built on it: older
/// programs may misread newer tables, and a migration is only undone by restoring a backup.
package enum SchemaGuard {
  package static func finding(applied: Int, declared: Int) -> GuardReason? {
    applied > declared ? .schemaDowngrade(applied: applied, declared: declared) : nil
  }
}
