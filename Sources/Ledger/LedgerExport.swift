package import KindSupport
internal import Manifests
package import Model

/// Writes the spec of a ledger from its recorded rules.
package enum LedgerExport {
  package static func export(
    _ ledger: Resource<LedgerSpec>, _ observed: LedgerObserved, _ context: ReconcileContext
  ) -> Exported<LedgerSpec> {
    let remarks =
      observed.unguarded.isEmpty
      ? []
      : [
        "\(observed.unguarded.joined(separator: ", ")) would be restored: no manifest can declare them absent"
      ]
    guard let rules = observed.rules, rules != ledger.spec.rules(version: rules.version) else {
      return Exported(ledger.spec, remarks: remarks)
    }
    var spec = ledger.spec
    spec.platform = rules.platform
    spec.payouts.gpuMinute = rules.gpuMinute
    spec.payouts.cpuMinute = rules.cpuMinute
    spec.developerShare = rules.tiers.map { tier in
      var share = ShareTierSpec()
      share.until = tier.until.map(EarningsSpec.credits)
      share.share = Percentage(basisPoints: tier.partsPerMillion / 100)
      return share
    }
    if spec.effective != nil { spec.effective = observed.effective }
    return Exported(spec, remarks: remarks)
  }
}
