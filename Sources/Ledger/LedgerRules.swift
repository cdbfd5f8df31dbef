package import Model

/// How a job's price is divided (seeds: Financial & Incentive Flows): the node is paid by its time, what is left is the
/// module's gross, of which the developer gets a share by tiers of lifetime gross, and the platform gets the rest.
///
/// Rounding: a payout and a share are rounded down to the micro-credit, and whatever that leaves goes to the platform, so
/// the parts always come to the price.
package struct LedgerRules: Hashable, Sendable, Codable {
  package struct Tier: Hashable, Sendable, Codable {
    /// The lifetime gross at which it ends; nil for the last one.
    package let until: Credits?
    /// The developer's share, 1,000,000 being all of it.
    package let partsPerMillion: Int64

    package init(until: Credits?, partsPerMillion: Int64) {
      self.until = until
      self.partsPerMillion = partsPerMillion
    }
  }

  package let version: Int64
  /// The account that gets the rest.
  package let platform: String
  package let gpuMinute: Credits
  package let cpuMinute: Credits
  /// In the order of their ends, the last one open.
  package let tiers: [Tier]

  package init(version: Int64, platform: String, gpuMinute: Credits, cpuMinute: Credits, tiers: [Tier]) {
    self.version = version
    self.platform = platform
    self.gpuMinute = gpuMinute
    self.cpuMinute = cpuMinute
    self.tiers = tiers
  }

  /// The same rules as another version.
  func numbered(_ version: Int64) -> LedgerRules {
    LedgerRules(
      version: version, platform: platform, gpuMinute: gpuMinute, cpuMinute: cpuMinute, tiers: tiers)
  }

  /// What an attempt used, in milliseconds.
  package struct Usage: Hashable, Sendable {
    package let gpu: Int64
    package let cpu: Int64

    package init(gpu: Int64 = 0, cpu: Int64 = 0) {
      self.gpu = gpu
      self.cpu = cpu
    }
  }

  /// What a node gets for its time, at most `price`. The time is that of GPUs where any was used, else that of CPUs.
  package func payout(for usage: Usage, of price: Credits) -> Credits {
    let (rate, time) = usage.gpu > 0 ? (gpuMinute, usage.gpu) : (cpuMinute, usage.cpu)
    let whole = Int128(max(rate.micro, 0)) * Int128(max(time, 0)) / 60_000
    return Credits(micro: Int64(min(whole, Int128(max(price.micro, 0)))))
  }

  /// Who gets what of the price of a job that ended; the legs of its capture. Nothing is left out, and nothing given
  /// twice: they come to `price`, less what whoever pays would pay to their own node.
  package func legs(
    of price: Credits, usage: Usage, payer: String, node: String, developer: String
  ) -> [LedgerLeg] {
    let payout = payout(for: usage, of: price)
    let gross = Credits(micro: price.micro - payout.micro)
    var legs: [LedgerLeg] = []
    if payout.micro > 0, node != payer { legs.append(LedgerLeg(to: node, payout, for: "payout")) }
    if gross.micro > 0 { legs.append(LedgerLeg(to: developer, gross, for: "share", sharedBy: version)) }
    return legs
  }
}
