import JobModel
import Ledger
import Model
import Placement

/// An order on its way into the books.
struct Submission: Sendable {
  let order: JobOrder
  /// Follows from the key where there is one.
  let id: JobID
  /// What a repetition must have in common with the first.
  let request: [UInt8]
  /// Tells this try from others of the same key: the ledger remembers what it refused, and credits may come later.
  let nonce: UInt64
  /// The order's input, as it is kept.
  let input: String

  init(_ order: JobOrder, at time: Timestamp, random: UInt64) {
    self.order = order
    id =
      order.key.map { JobID(account: order.creator, key: $0) }
      ?? JobID(at: time, random: random)
    nonce = random
    let input = order.input.jsonBytes()
    self.input = String(decoding: input, as: UTF8.self)
    if order.key == nil {
      request = []
    } else {
      let rest =
        "\(order.module)\n\(order.units)\n\(order.budget?.micro ?? 0)\n\(order.priority)\n"
        + "\(order.within?.milliseconds ?? 0)\n"
      request = Digest.sha256(of: Array(rest.utf8) + input)
    }
  }
}

/// What an order comes to by the module's price.
struct JobTerms: Sendable {
  let hold: Credits
  let within: TimeSpan
  /// How long its credits last once it runs; nil: not the time is paid.
  let paidTime: TimeSpan?

  /// Reserved longer than the job may take, so that what it used is settled before.
  static let grace = TimeSpan(seconds: 86_400)
  private static let most: Int64 = 1_000_000_000_000_000

  static func of(_ order: JobOrder, _ module: WorkModule, _ settings: SchedulerSettings, _ rates: TimeRates?)
    -> Result<JobTerms, JobError>
  {
    let within = order.within ?? settings.deadline
    if let price = module.unitPrice {
      let (whole, overflow) = price.micro.multipliedReportingOverflow(by: order.units)
      guard !overflow, whole <= most else {
        return .failure(JobError(.invalid, field: "units", "so many come to more than a billion credits"))
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
    guard let rates else {
      return .failure(
        JobError(.unavailable, "\(module.name) is paid by time, and no ledger says what a minute costs"))
    }
    let usesGPU = module.needs.gpuMemory > 0
    let whole = rates.cost(
      of: usesGPU ? WorkUsage(gpu: within.milliseconds) : WorkUsage(cpu: within.milliseconds))
    let hold = Credits(micro: max(min(whole.micro, order.budget?.micro ?? whole.micro), 1))
    return .success(
      JobTerms(hold: hold, within: within, paidTime: rates.time(for: hold, usesGPU: usesGPU)))
  }

  /// When an attempt that begins at `start` must stop.
  /// - Parameter paidTime: how long its credits last; nil: not the time is paid.
  static func stop(startingAt start: Timestamp, paidFor paidTime: TimeSpan?, deadline: Timestamp) -> Timestamp
  {
    paidTime.map { min(start + $0, deadline) } ?? deadline
  }
}

extension JobError {
  init(_ error: LedgerError, of order: JobOrder, _ hold: Credits) {
    switch error.code {
    case .insufficientCredit:
      self.init(
        .insufficientCredit, "account/\(order.creator) has not \(hold) credits free",
        hint: "buy credits, order fewer units or set a smaller budget")
    case .unknownAccount:
      self.init(
        .unknownAccount, field: "creator", "there is no account/\(order.creator)",
        hint: "a purchase or `rendertrust credits grant` opens it")
    default: self.init(.invalid, error.message)
    }
  }
}
