package import Model

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
  /// No scheduler is declared, or the database does not respond; a retry may succeed.
  case unavailable

  package static let domain = "job"
  package var retry: Retry { self == .unavailable ? .later : .afterChange }
}

/// Why a request about a job failed. The subject is the field of the request, if one is to blame.
package typealias JobError = Problem<JobErrorCode>

extension JobError {
  package init(_ code: Code, field: String?, _ message: String, hint: String? = nil) {
    self.init(code, message, hint: hint, subject: field)
  }

  package var field: String? { subject }
}
