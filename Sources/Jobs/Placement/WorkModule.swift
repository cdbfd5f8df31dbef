package import JobModel
package import Model

/// A module as jobs are ordered from it.
package struct WorkModule: Hashable, Sendable {
  package var name: String
  /// What its jobs ask of a node, before one of them has failed anywhere.
  package var needs: WorkNeeds
  /// Name of the account that its revenue share belongs to.
  package var developer: String
  /// Of one unit; nil: paid by time.
  package var unitPrice: Credits?
  package var unit: String

  package init(name: String, needs: WorkNeeds, developer: String, unitPrice: Credits?, unit: String) {
    self.name = name
    self.needs = needs
    self.developer = developer
    self.unitPrice = unitPrice
    self.unit = unit
  }
}

/// What a minute costs where work is paid by time, by the ledger's rules in force.
package struct TimeRates: Hashable, Sendable {
  package var gpuMinute: Credits
  package var cpuMinute: Credits

  package init(gpuMinute: Credits, cpuMinute: Credits) {
    self.gpuMinute = gpuMinute
    self.cpuMinute = cpuMinute
  }

  /// Rounded up, so that nobody works for nothing.
  package func cost(of usage: WorkUsage) -> Credits {
    let (rate, time) = usage.gpu > 0 ? (gpuMinute, usage.gpu) : (cpuMinute, usage.cpu)
    let whole = (Int128(max(rate.micro, 0)) * Int128(max(time, 0)) + 59_999) / 60_000
    return Credits(micro: Int64(min(whole, Int128(Int64.max))))
  }

  /// How long `amount` lasts; nil: for ever.
  package func time(for amount: Credits, usesGPU: Bool) -> TimeSpan? {
    let rate = usesGPU ? gpuMinute.micro : cpuMinute.micro
    guard rate > 0 else { return nil }
    return TimeSpan(milliseconds: Int64(Int128(amount.micro) * 60_000 / Int128(rate)))
  }
}
