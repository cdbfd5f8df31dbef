/// A ledger that had entries when it was last observed, and what is in its place.
package struct MissingLedger: Hashable, Sendable {
  /// The database that must hold the ledger.
  package let database: ResourceID
  package let recorded: DataIdentity
  package let found: Found

  package enum Found: Hashable, Sendable {
    case nothing
    /// `id` is nil for tables without the row that identifies a ledger.
    case another(id: String?)
    /// The recorded head is not among its entries; `head` is its own, nil when it has no entries.
    case earlierState(head: String?)
  }

  package init(database: ResourceID, recorded: DataIdentity, found: Found) {
    self.database = database
    self.recorded = recorded
    self.found = found
  }
}
