import JobModel
import Model
import Placement

/// What an order holds and how long it may run, by the module's price.
struct JobTerms: Sendable {
  let hold: Credits
  let within: TimeSpan
  /// How long an attempt runs for the held credits; nil: time is not paid.
  let paidTime: TimeSpan?

  /// How long the hold outlasts the job's deadline, so that usage is settled before it expires.
  static let grace = TimeSpan(seconds: 86_400)

  static func of(_ order: JobOrder, _ module: FleetModule, _ settings: SchedulerSettings, _ rates: TimeRates?)
    -> Result<JobTerms, JobError>
  {
    let within = order.within ?? settings.deadline
    if let price = module.unitPrice { return ofUnits(order, module, price, within) }
    guard let rates else {
      return .failure(
        JobError(.unavailable, "\(module.name) is paid by time, and the ledger has no rules in force"))
    }
    let usesGPU = module.needs.gpuMemory != nil
    let whole = rates.cost(
      of: usesGPU ? WorkUsage(gpu: within.milliseconds) : WorkUsage(cpu: within.milliseconds))
    let hold = Credits(micro: max(min(whole.micro, order.budget?.micro ?? whole.micro), 1))
    return .success(
      JobTerms(hold: hold, within: within, paidTime: rates.time(for: hold, usesGPU: usesGPU)))
  }

  private static func ofUnits(_ order: JobOrder, _ module: FleetModule, _ price: Credits, _ within: TimeSpan)
    -> Result<JobTerms, JobError>
  {
    let (whole, overflow) = price.micro.multipliedReportingOverflow(by: order.units)
    guard !overflow, whole <= Credits.maxTransfer.micro else {
      return .failure(JobError(.invalid, field: "units", "they cost more than a billion credits"))
    }
    if let budget = order.budget, price > budget {
      return .failure(
        JobError(
          .invalid, field: "budget",
          "\(budget) credits do not pay for one \(module.unit) of \(module.name)",
          hint: "one costs \(price)"))
    }
    let hold = min(whole, order.budget?.micro ?? whole)
    return .success(JobTerms(hold: Credits(micro: max(hold, 1)), within: within, paidTime: nil))
  }

  /// When an attempt that starts at `start` must stop.
  /// - Parameter paidTime: how long an attempt runs for the held credits; nil: time is not paid.
  static func stop(startingAt start: Timestamp, paidFor paidTime: TimeSpan?, deadline: Timestamp) -> Timestamp
  {
    paidTime.map { min(start + $0, deadline) } ?? deadline
  }
}
