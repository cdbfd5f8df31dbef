package import Manifests
package import Model

/// The payout and revenue-share rules of the ledger and its export (seeds: Credit Ledger; Financial &
/// Incentive Flows). Defaults are the seeds' figures.
package struct LedgerSpec: ManifestSpec {
  package static let kind = "Ledger"

  package var database: KindReference = LedgerSpec.platformDatabase
  package var credit = CreditSpec()
  package var payouts = PayoutSpec()
  package var developerShare = ShareTierSpec.usual
  package var platform = "platform"
  /// The time from which these rules are in force; nil: when they are recorded.
  package var effective: Timestamp?
  package var export: LedgerExportSpec?

  package init() {}

  package static let fields = Fields<Self>(
    "Payout and revenue-share rules of credits, and the nightly export"
  ) {
    Field("database", \.database, "The database of the ledger", .refersTo("Database"))
    Field("credit", \.credit, "The value of a credit")
    Field("payouts", \.payouts, "The payout of a node for its time", .required)
    Field(
      "developerShare", \.developerShare,
      "The developer's share of their modules' earnings by lifetime gross; the platform receives the rest",
      .nonEmpty)
    Field(
      "platform", \.platform, "The account that receives the remainder",
      .pattern(LedgerSpec.accountName, "a name such as `platform`", examples: ["platform"]))
    Field(
      "effective", \.effective,
      "When these rules come into force; absent: when they are applied. Existing holds keep their rules"
    )
    Field("export", \.export, "The export of each day's entries and usage; absent: none")
  }

  package func validate(_ report: inout FieldReport) {
    if platform == LedgerStore.clearingAccount || platform.hasPrefix(LedgerStore.erasedPrefix) {
      report.error(
        at: "platform", "‘\(platform)’ is reserved by the ledger", hint: "for example `platform`"
      )
    }
    var reached: Credits?
    for (index, tier) in developerShare.enumerated() {
      let path = "developerShare[\(index)].until"
      let isLast = index == developerShare.count - 1
      if !isLast, tier.share.basisPoints == 0 {
        report.error(
          at: "developerShare[\(index)].share", "a share of 0% never ends, because nothing is earned by it",
          hint: "write it last, or a share above 0%")
      }
      guard let until = tier.until else {
        if !isLast {
          report.error(
            at: "developerShare[\(index)]", "only the last share has no end",
            hint: "write `until: {usd: 1000}` here, or remove the shares after it")
        }
        continue
      }
      guard let credits = until.credits(at: credit.usd) else {
        report.error(at: path, "\(until) are not a whole number of micro-credits at \(credit.usd) a credit")
        continue
      }
      if let reached, credits <= reached {
        report.error(
          at: path, "\(until) is not above the end of the share before it", hint: "write shares in order")
      }
      if isLast {
        report.error(
          at: path, "no share covers what is earned after that",
          hint: "add a share without `until`, or remove this `until`")
      }
      reached = credits
    }
  }

  /// The rules as they are recorded.
  package func rules(version: Int64) -> LedgerRules {
    LedgerRules(
      version: version, platform: platform, gpuMinute: payouts.gpuMinute, cpuMinute: payouts.cpuMinute,
      tiers: developerShare.map { tier in
        LedgerRules.Tier(
          until: tier.until.flatMap { $0.credits(at: credit.usd) },
          partsPerMillion: tier.share.basisPoints * 100)
      })
  }

  package static let accountName = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
  private static let platformDatabase: KindReference = "Database/platform"
}

package struct CreditSpec: ManifestObject {
  /// $0.10: 100 credits in a pack of $10 (seeds: Financial & Incentive Flows).
  package var usd = Amount(tenThousandths: 1000)

  package init() {}
  package static let fields = Fields<Self>("The value of a credit") {
    Field(
      "usd", \.usd, "US dollars", .above(Amount(tenThousandths: 0)), .example("0.10"))
  }
}

package struct PayoutSpec: ManifestObject {
  /// 0.4 credits, which are $0.04 (seeds: Financial & Incentive Flows).
  package var gpuMinute = Credits(micro: 400_000)
  package var cpuMinute = Credits(micro: 0)

  package init() {}
  package static let fields = Fields<Self>("The payout of a node for its time, in credits") {
    Field("gpuMinute", \.gpuMinute, "Per GPU minute", .min(Credits(micro: 0)), .example("0.4"))
    Field(
      "cpuMinute", \.cpuMinute, "Per CPU minute, if no GPU is used", .required,
      .min(Credits(micro: 0)), .example("0.1"))
  }
}

package struct ShareTierSpec: ManifestObject {
  package var until: EarningsSpec?
  package var share = Percentage(percent: 100)

  package init() {}

  package static let fields = Fields<Self>("A developer's share of the earnings of their modules") {
    Field("until", \.until, "The lifetime gross at which the share ends; absent in the last one")
    Field("share", \.share, "The developer's share", .required, .example("85%"))
  }

  /// 100 % until $1,000 of lifetime gross, 85 % after (seeds: Financial & Incentive Flows).
  package static let usual: [ShareTierSpec] = {
    var (first, last) = (ShareTierSpec(), ShareTierSpec())
    first.until = .usd(Amount(tenThousandths: 10_000_000))
    last.share = Percentage(percent: 85)
    return [first, last]
  }()
}

/// Earnings in dollars or in credits.
package enum EarningsSpec: ManifestChoice, CustomStringConvertible {
  case usd(Amount)
  case credits(Credits)

  package static let cases = Cases<Self>("Earnings") {
    Case("usd", "In US dollars", EarningsSpec.usd, .above(Amount(tenThousandths: 0))) {
      if case .usd(let amount) = $0 { amount } else { nil }
    }
    Case("credits", "In credits", EarningsSpec.credits, .above(Credits(micro: 0))) {
      if case .credits(let credits) = $0 { credits } else { nil }
    }
  }

  /// Nil if the amount is not a whole number of micro-credits.
  func credits(at usd: Amount) -> Credits? {
    switch self {
    case .credits(let credits): return credits
    case .usd(let amount):
      guard usd.tenThousandths > 0 else { return nil }
      let (product, overflows) = amount.tenThousandths.multipliedReportingOverflow(by: 1_000_000)
      guard !overflows, product % usd.tenThousandths == 0 else { return nil }
      return Credits(micro: product / usd.tenThousandths)
    }
  }

  package var description: String {
    switch self {
    case .usd(let amount): "$\(amount)"
    case .credits(let credits): "\(credits) credits"
    }
  }
}
