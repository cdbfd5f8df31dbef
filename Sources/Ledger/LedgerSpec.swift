package import Manifests
package import Model

/// How credits are paid out and shared, and where the books are exported to (seeds: Credit Ledger; Financial &
/// Incentive Flows). What is left out are the seeds' figures.
package struct LedgerSpec: ManifestSpec {
  package static let kind = "Ledger"

  package var database: KindReference = LedgerSpec.platformDatabase
  package var credit = CreditSpec()
  package var payouts = PayoutSpec()
  package var developerShare = ShareTierSpec.usual
  package var platform = "platform"
  /// When these rules take force; nil: as soon as they are recorded.
  package var effective: Timestamp?
  package var export: LedgerExportSpec?

  package init() {}

  package static let fields = Fields<Self>("How credits are paid out and shared, and where the books go") {
    Field("database", \.database, "Where the books are kept", .refersTo("Database"))
    Field("credit", \.credit, "What a credit is worth")
    Field("payouts", \.payouts, "What a node gets for its time", .required)
    Field(
      "developerShare", \.developerShare,
      "What a module's developer gets of what their modules earn, by lifetime gross; the platform gets the rest",
      .nonEmpty)
    Field(
      "platform", \.platform, "The account that gets the rest",
      .pattern(LedgerSpec.accountName, "a name such as `platform`", examples: ["platform"]))
    Field(
      "effective", \.effective,
      "When these rules take force; absent: as soon as they are applied. What was quoted before stays as quoted"
    )
    Field("export", \.export, "Where each day's entries and usage are written; absent: nowhere")
  }

  package func validate(_ report: inout FieldReport) {
    if platform == LedgerStore.clearingAccount || platform.hasPrefix(LedgerStore.erasedPrefix) {
      report.error(
        at: "platform", "‘\(platform)’ is a name that the ledger needs itself", hint: "for example `platform`"
      )
    }
    var reached: Credits?
    for (index, tier) in developerShare.enumerated() {
      let place = "developerShare[\(index)].until"
      let isLast = index == developerShare.count - 1
      if !isLast, tier.share.basisPoints == 0 {
        report.error(
          at: "developerShare[\(index)].share", "a share of nothing has no end, for nothing is earned by it",
          hint: "write it last, or a share above 0%")
      }
      guard let until = tier.until else {
        if !isLast {
          report.error(
            at: "developerShare[\(index)]", "only the last share goes on for ever",
            hint: "write `until: {usd: 1000}` here, or remove what follows")
        }
        continue
      }
      guard let credits = until.credits(at: credit.usd) else {
        report.error(at: place, "\(until) are not a whole number of micro-credits at \(credit.usd) a credit")
        continue
      }
      if let reached, credits <= reached {
        report.error(
          at: place, "\(until) is no more than the share before it goes", hint: "write shares in order")
      }
      if isLast {
        report.error(
          at: place, "nobody gets what is earned after that",
          hint: "add a share without `until`, or leave it out")
      }
      reached = credits
    }
  }

  /// These rules as they are recorded.
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
  package static let fields = Fields<Self>("What a credit is worth") {
    Field(
      "usd", \.usd, "US dollars", .above(Amount(tenThousandths: 0)), .example("0.10"))
  }
}

package struct PayoutSpec: ManifestObject {
  /// 0.4 credits, which are $0.04 (seeds: Financial & Incentive Flows).
  package var gpuMinute = Credits(micro: 400_000)
  package var cpuMinute = Credits(micro: 0)

  package init() {}
  package static let fields = Fields<Self>("What a node gets for its time, in credits") {
    Field("gpuMinute", \.gpuMinute, "For a minute of a GPU", .min(Credits(micro: 0)), .example("0.4"))
    Field(
      "cpuMinute", \.cpuMinute, "For a minute of a processor, where no GPU is used", .required,
      .min(Credits(micro: 0)), .example("0.1"))
  }
}

package struct ShareTierSpec: ManifestObject {
  package var until: EarningsSpec?
  package var share = Percentage(percent: 100)

  package init() {}

  package static let fields = Fields<Self>("A share of what a developer's modules earn") {
    Field("until", \.until, "The lifetime gross at which it ends; absent in the last one")
    Field("share", \.share, "The developer's part", .required, .example("85%"))
  }

  /// All until $1,000 lifetime, 85 % after (seeds: Financial & Incentive Flows).
  package static let usual: [ShareTierSpec] = {
    var (first, last) = (ShareTierSpec(), ShareTierSpec())
    first.until = .usd(Amount(tenThousandths: 10_000_000))
    last.share = Percentage(percent: 85)
    return [first, last]
  }()
}

/// What was earned, in dollars or in credits.
package enum EarningsSpec: ManifestChoice, CustomStringConvertible {
  case usd(Amount)
  case credits(Credits)

  package static let cases = Cases<Self>("What was earned") {
    Case("usd", "In US dollars", EarningsSpec.usd, .above(Amount(tenThousandths: 0))) {
      if case .usd(let amount) = $0 { amount } else { nil }
    }
    Case("credits", "In credits", EarningsSpec.credits, .above(Credits(micro: 0))) {
      if case .credits(let credits) = $0 { credits } else { nil }
    }
  }

  /// Nil where it is no whole number of micro-credits.
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
