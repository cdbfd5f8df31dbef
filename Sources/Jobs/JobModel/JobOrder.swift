package import Model

/// What a creator asks for.
package struct JobOrder: Hashable, Sendable {
  /// Name of the account that pays.
  package var creator: String
  /// Name of a module.
  package var module: String
  package var input: Value
  /// How many of the module's units, such as frames.
  package var units: Int64
  /// The most that it may cost; nil: what the units cost.
  package var budget: Credits?
  /// 0 to 9; among the jobs of one creator the greater goes first.
  package var priority: Int
  /// How long it may take from now; nil: the scheduler's default.
  package var within: TimeSpan?
  /// An order of the same creator and key is the same order, however often it comes.
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

  /// Bytes of JSON that an input may have.
  package static let mostInput = 256 << 10
  package static let mostUnits: Int64 = 1_000_000
  package static let longestTime = TimeSpan(seconds: 30 * 86_400)

  /// What is wrong with it by itself.
  package var problem: JobError? {
    if !(1...JobOrder.mostUnits).contains(units) {
      return JobError(.invalid, field: "units", "it is a number from 1 to \(JobOrder.mostUnits)")
    }
    if !(0...9).contains(priority) {
      return JobError(.invalid, field: "priority", "it is a number from 0 to 9")
    }
    if let budget, budget.micro <= 0 || budget.micro > 1_000_000_000_000_000 {
      return JobError(.invalid, field: "budget", "it is an amount of credits above 0")
    }
    if let within, within.milliseconds < 1000 || within > JobOrder.longestTime {
      return JobError(.invalid, field: "within", "a job takes a second at least and 30 days at most")
    }
    if let key, !(1...200).contains(key.utf8.count) || key.unicodeScalars.contains(where: { $0.value < 32 }) {
      return JobError(.invalid, field: "key", "it is 1 to 200 bytes of text without control characters")
    }
    return nil
  }
}

/// Why a request about a job failed.
package enum JobErrorCode: String, ProblemCode, CaseIterable {
  case invalid
  case unknownModule = "unknown_module"
  case unknownJob = "unknown_job"
  case unknownNode = "unknown_node"
  case unknownAccount = "unknown_account"
  case insufficientCredit = "insufficient_credit"
  /// Another order already used the key.
  case keyReused = "key_reused"
  /// The job is over.
  case isOver = "is_over"
  /// The attempt is no longer the job's current one: another replaced it, or it has ended.
  case superseded
  /// No scheduler is set up, or the database does not respond; a retry may succeed.
  case unavailable

  package static let domain = "job"
  package static let temporary: Set<Self> = [.unavailable]
}

/// Why a request about a job failed. The subject is the field of the request, if one is to blame.
package typealias JobError = Problem<JobErrorCode>

extension JobError {
  package init(_ code: Code, field: String?, _ message: String, hint: String? = nil) {
    self.init(code, message, hint: hint, subject: field)
  }

  package var field: String? { subject }
}
