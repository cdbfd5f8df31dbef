package import Model

/// An order of a job.
package struct JobOrder: Hashable, Sendable {
  /// Name of the account that pays.
  package var creator: String
  /// Name of a module.
  package var module: String
  package var input: Value
  /// The number of the module's units, such as frames.
  package var units: Int64
  /// The maximum cost; nil: the cost of the units.
  package var budget: Credits?
  /// 0 to 9; among the jobs of one creator those with the greater priority go first.
  package var priority: Int
  /// How long it may take from its submission; nil: the scheduler's default.
  package var within: TimeSpan?
  /// Makes the order idempotent: orders of one creator with the same key are one job.
  package var key: String?

  package init(
    creator: String, module: String, input: Value, units: Int64 = 1, budget: Credits? = nil,
    priority: Int = 5, within: TimeSpan? = nil, key: String? = nil
  ) {
    self.creator = creator
    self.module = module
    self.input = input
    self.units = units
    self.budget = budget
    self.priority = priority
    self.within = within
    self.key = key
  }

  /// The maximum size of an input as JSON, in bytes.
  package static let maxInputBytes = 256 << 10
  package static let maxUnits: Int64 = 1_000_000
  package static let maxDuration = TimeSpan(seconds: 30 * 86_400)

  /// Why the order is invalid whatever the tables hold; nil where it is valid.
  package var problem: JobError? {
    if !(1...JobOrder.maxUnits).contains(units) {
      return JobError(.invalid, field: "units", "it is a number from 1 to \(JobOrder.maxUnits)")
    }
    if !(0...9).contains(priority) {
      return JobError(.invalid, field: "priority", "it is a number from 0 to 9")
    }
    if let budget, budget.micro <= 0 || budget > Credits.maxTransfer {
      return JobError(.invalid, field: "budget", "it is an amount of credits above 0")
    }
    if let within, within.milliseconds < 1000 || within > JobOrder.maxDuration {
      return JobError(.invalid, field: "within", "it is a time from 1 second to 30 days")
    }
    if let key, !(1...200).contains(key.utf8.count) || key.firstControlCharacter != nil {
      return JobError(.invalid, field: "key", "it is 1 to 200 bytes of text without control characters")
    }
    return nil
  }
}
