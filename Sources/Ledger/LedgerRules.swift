package import Model

/// The rules by which a job's price is divided (seeds: Financial & Incentive Flows). The node is paid by
/// time. The rest is the module's gross; the developer receives a share of it by tiers of lifetime gross, and
/// the platform receives the remainder.
///
/// Rounding: a payout and a share are rounded down to the micro-credit, and the platform receives the
/// remainder, so the parts always add up to the price.
package struct LedgerRules: Hashable, Sendable, Codable {
  package struct Tier: Hashable, Sendable, Codable {
    /// The lifetime gross at which the tier ends; nil for the last one.
    package let until: Credits?
    /// The developer's share in parts per million.
    package let partsPerMillion: Int64

    package init(until: Credits?, partsPerMillion: Int64) {
      self.until = until
      self.partsPerMillion = partsPerMillion
    }
  }

  package let version: Int64
  /// The account that receives the remainder.
  package let platform: String
  package let gpuMinute: Credits
  package let cpuMinute: Credits
  /// In the order of their ends. The last tier has no end.
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

  /// The time that an attempt used, in milliseconds.
  package struct Usage: Hashable, Sendable {
    package let gpu: Int64
    package let cpu: Int64

    package init(gpu: Int64 = 0, cpu: Int64 = 0) {
      self.gpu = gpu
      self.cpu = cpu
    }
  }

  /// The payout of a node for its time, at most `price`. GPU time counts if any was used, else CPU time.
  package func payout(for usage: Usage, of price: Credits) -> Credits {
    let (rate, time) = usage.gpu > 0 ? (gpuMinute, usage.gpu) : (cpuMinute, usage.cpu)
    let whole = Int128(max(rate.micro, 0)) * Int128(max(time, 0)) / 60_000
    return Credits(micro: Int64(min(whole, Int128(max(price.micro, 0)))))
  }

  /// The legs of the capture of an ended job. Their sum is `price`, less the payout of a node that belongs to
  /// the payer.
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
