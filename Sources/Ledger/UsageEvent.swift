package import Model

/// The usage of an attempt and the price that its hold pays (seeds: Credit Ledger, `usage_events`).
package struct UsageEvent: Hashable, Sendable {
  /// The id of the attempt; an attempt is metered once.
  package let attempt: String
  package let job: String
  package let module: String
  /// The account that pays.
  package let account: String
  package let hold: Int64
  package let node: String
  package let developer: String
  package let usage: LedgerRules.Usage
  /// The whole price of the job, at most what its hold reserves.
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
