package import Model

/// The state of a ledger in its database.
package struct LedgerObserved: Hashable, Sendable {
  package let identity: LedgerIdentity
  /// Whether the resource owns the ledger of the database.
  package let isOpen: Bool
  /// The name of another `Ledger` that owns it.
  package let other: String?
  /// The newest rules.
  package let rules: LedgerRules?
  /// The time from which the newest rules are in force.
  package let effective: Timestamp?
  /// Whether the newest rules are in force by the database's clock.
  package let areRulesInForce: Bool
  /// Accounts that the rules need and that do not exist.
  package let missingAccounts: [String]
  /// Triggers, functions and constraints that are missing, disabled or changed.
  package let unguarded: [String]
  /// The number of open holds past their expiry.
  package let overdueHolds: Int64
  /// The state of the export's destination; nil without an export.
  package let export: ExportLocationObserved?

  package init(
    identity: LedgerIdentity = LedgerIdentity(data: nil), isOpen: Bool = true, other: String? = nil,
    rules: LedgerRules? = nil, effective: Timestamp? = nil,
    areRulesInForce: Bool = true, missingAccounts: [String] = [], unguarded: [String] = [],
    overdueHolds: Int64 = 0,
    export: ExportLocationObserved? = nil
  ) {
    self.identity = identity
    self.isOpen = isOpen
    self.other = other
    self.rules = rules
    self.effective = effective
    self.areRulesInForce = areRulesInForce
    self.missingAccounts = missingAccounts
    self.unguarded = unguarded
    self.overdueHolds = overdueHolds
    self.export = export
  }
}

package struct ExportLocationObserved: Hashable, Sendable {
  /// The destination's name in the table of exports.
  package let name: String
  package let state: ExportState
}

package enum LedgerOperation: StepOperation {
  /// Takes ownership of the ledger in the database. Existing accounts and entries stay.
  case open
  /// Gives the ledger the name of the resource, which had this name before.
  case rename(from: String)
  /// Installs triggers, functions and constraints that are missing or changed.
  case installTriggers
  /// Opens the accounts that the rules need.
  case openAccounts
  /// Records the rules as the next version, unless the newest version equals them. Their own number is
  /// ignored.
  case record(LedgerRules, effective: Timestamp?)
  /// Releases what overdue holds reserve.
  case expire
  /// Exports a day, such as `2026-11-21`.
  case export(day: String)
  /// Releases ownership. Accounts, entries and rules stay.
  case close

  /// The names in stored journals.
  private enum CodingKeys: String, CodingKey {
    case open, rename
    case installTriggers = "guardBooks"
    case openAccounts, record, expire, export, close
  }
}
