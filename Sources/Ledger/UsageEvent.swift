package import Model

/// What an attempt used, and what its hold is to pay for that (seeds: Credit Ledger, `usage_events`).
package struct UsageEvent: Hashable, Sendable {
  /// Names it among all: an attempt is metered once.
  package let attempt: String
  package let job: String
  package let module: String
  /// Who pays, from which hold.
  package let account: String
  package let hold: Int64
  package let node: String
  package let developer: String
  package let usage: LedgerRules.Usage
  /// What the job costs in all, at most what its hold reserves.
  package let price: Credits

  package init(
    attempt: String, job: String, module: String, account: String, hold: Int64, node: String,
    developer: String,
    usage: LedgerRules.Usage, price: Credits
  ) {
    self.attempt = attempt
    self.job = job
    self.module = module
    self.account = account
    self.hold = hold
    self.node = node
    self.developer = developer
    self.usage = usage
    self.price = price
  }
}
