package import JobModel
package import Model

/// A module as schedulers place its jobs.
package struct FleetModule: Hashable, Sendable, Codable {
  package var name: String
  package var jobType: String
  /// Digest of the image, 64 hexadecimal digits.
  package var image: String
  /// Its nodes are sorted, and a need of 0 is nil.
  package var needs: ComputeNeeds
  /// Name of the account that its revenue share belongs to.
  package var developer: String
  /// Price of one unit; nil: jobs are paid by time.
  package var unitPrice: Credits?
  package var unit: String

  package init(
    name: String, jobType: String, image: String, needs: ComputeNeeds, developer: String, unitPrice: Credits?,
    unit: String
  ) {
    self.name = name
    self.jobType = jobType
    self.image = image
    self.needs = needs
    self.needs.nodes.sort()
    if needs.gpuMemory?.bytes == 0 { self.needs.gpuMemory = nil }
    if needs.cores?.thousandths == 0 { self.needs.cores = nil }
    if needs.memory?.bytes == 0 { self.needs.memory = nil }
    self.developer = developer
    self.unitPrice = unitPrice
    self.unit = unit
  }

  /// A module as its manifest declares it.
  package init(_ name: String, _ offer: WorkOffer) {
    self.init(
      name: name, jobType: offer.jobType, image: offer.image.hex, needs: offer.needs,
      developer: offer.developer, unitPrice: offer.price, unit: offer.unit)
  }

  /// What its jobs need before they failed on any node.
  package var workNeeds: WorkNeeds { WorkNeeds(jobType: jobType, image: image, compute: needs) }

  /// What a job of the module needs. Labels and named nodes select among the module's own nodes; they do not
  /// apply to the overflow pool.
  /// - Parameter avoided: ids of the nodes that the job failed on.
  package func needs(isOverflow: Bool, avoiding avoided: [Int64] = []) -> WorkNeeds {
    var needs = workNeeds
    needs.isOverflow = isOverflow
    needs.avoided = avoided
    if isOverflow {
      needs.compute.labels = [:]
      needs.compute.nodes = []
    }
    return needs
  }
}

/// What a minute of an attempt costs where jobs are paid by time.
package struct TimeRates: Hashable, Sendable {
  package var gpuMinute: Credits
  package var cpuMinute: Credits

  package init(gpuMinute: Credits, cpuMinute: Credits) {
    self.gpuMinute = gpuMinute
    self.cpuMinute = cpuMinute
  }

  /// Rounded up.
  package func cost(of usage: WorkUsage) -> Credits {
    let (rate, time) = usage.gpu > 0 ? (gpuMinute, usage.gpu) : (cpuMinute, usage.cpu)
    let whole = (Int128(max(rate.micro, 0)) * Int128(max(time, 0)) + 59_999) / 60_000
    return Credits(micro: Int64(min(whole, Int128(Int64.max))))
  }

  /// How long an attempt runs for `amount`; nil: without limit.
  package func time(for amount: Credits, usesGPU: Bool) -> TimeSpan? {
    let rate = usesGPU ? gpuMinute.micro : cpuMinute.micro
    guard rate > 0 else { return nil }
    return TimeSpan(milliseconds: Int64(Int128(amount.micro) * 60_000 / Int128(rate)))
  }
}
