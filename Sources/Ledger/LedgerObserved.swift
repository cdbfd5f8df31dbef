package import Model

/// What a database says of a ledger's books.
package struct LedgerObserved: Hashable, Sendable {
  /// Whether the resource keeps its books there already.
  package let isOpen: Bool
  /// Another `Ledger` that keeps its books there.
  package let other: String?
  /// The newest rules, and since when they are in force.
  package let rules: LedgerRules?
  package let effective: Timestamp?
  /// Whether their time has come, by the database's clock.
  package let areRulesInForce: Bool
  /// Accounts that the rules need and that are not there.
  package let missingAccounts: [String]
  /// Triggers, functions and constraints that are not as they should be.
  package let unguarded: [String]
  /// Open holds whose time is over.
  package let overdueHolds: Int64
  /// What is known of the place that the export goes to; nil without an export.
  package let export: ExportLocationObserved?

  package init(
    isOpen: Bool = true, other: String? = nil, rules: LedgerRules? = nil, effective: Timestamp? = nil,
    areRulesInForce: Bool = true,
    missingAccounts: [String] = [], unguarded: [String] = [], overdueHolds: Int64 = 0,
    export: ExportLocationObserved? = nil
  ) {
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
  /// As the table of exports calls it.
  package let name: String
  package let state: ExportState

  package init(name: String, state: ExportState) {
    self.name = name
    self.state = state
  }
}

package enum LedgerOperation: StepOperation {
  /// Takes the books in charge. What is there already stays.
  case open
  /// Makes triggers, functions and constraints what they should be.
  case guardBooks
  /// Opens the accounts that rules need.
  case openAccounts
  /// Records the rules as the next version, unless the newest are these already. Their own number counts for nothing.
  case record(LedgerRules, effective: Timestamp?)
  /// Gives back what overdue holds reserve.
  case expire
  /// Writes a day, such as `2026-11-21`, to where the export goes.
  case export(day: String)
  /// Leaves the books alone from now on. They stay.
  case close
}
