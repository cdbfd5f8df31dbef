package import Model

package enum JobState: String, Hashable, Sendable, CaseIterable {
  /// Waits for a place.
  case pending
  /// A node has been chosen and its place taken; the worker has not begun.
  case dispatched
  case running, succeeded, failed, cancelled

  package var isOver: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// One order of work, as its creator sees it.
package struct Job: Hashable, Sendable {
  package var id: JobID
  /// Rises with every change.
  package var version: Int64
  /// Name of the account that pays.
  package var creator: String
  package var module: String
  /// Digest of the image that it was ordered for.
  package var image: String
  package var input: Value
  /// How many of the module's units were ordered.
  package var units: Int64
  /// Of one unit; nil: paid by time.
  package var unitPrice: Credits?
  /// What is reserved for it, and the most that it can cost.
  package var held: Credits
  /// What it came to; 0 until it is over.
  package var cost: Credits
  package var priority: Int
  package var state: JobState
  /// Why it failed, was cancelled or waits.
  package var reason: String?
  package var output: Value?
  package var artefacts: [Artefact]
  package var isOverflow: Bool
  package var submittedAt: Timestamp
  package var deadline: Timestamp
  package var finishedAt: Timestamp?
  /// By number; lists of jobs leave them out.
  package var attempts: [JobAttempt]

  package init(
    id: JobID, version: Int64, creator: String, module: String, image: String, input: Value, units: Int64,
    unitPrice: Credits?, held: Credits, cost: Credits, priority: Int, state: JobState, reason: String?,
    output: Value?, artefacts: [Artefact], isOverflow: Bool, submittedAt: Timestamp, deadline: Timestamp,
    finishedAt: Timestamp?, attempts: [JobAttempt]
  ) {
    self.id = id
    self.version = version
    self.creator = creator
    self.module = module
    self.image = image
    self.input = input
    self.units = units
    self.unitPrice = unitPrice
    self.held = held
    self.cost = cost
    self.priority = priority
    self.state = state
    self.reason = reason
    self.output = output
    self.artefacts = artefacts
    self.isOverflow = isOverflow
    self.submittedAt = submittedAt
    self.deadline = deadline
    self.finishedAt = finishedAt
    self.attempts = attempts
  }
}

/// Where something that a job made is kept.
package struct Artefact: Hashable, Sendable {
  package var name: String
  /// A URL, or a path below the job's own place.
  package var reference: String
  /// 64 hexadecimal digits.
  package var sha256: String?
  package var bytes: Int64?

  package init(name: String, reference: String, sha256: String? = nil, bytes: Int64? = nil) {
    self.name = name
    self.reference = reference
    self.sha256 = sha256
    self.bytes = bytes
  }
}

package enum AttemptState: String, Hashable, Sendable, CaseIterable {
  case dispatched, running, succeeded, failed, cancelled
  /// Its lease ended without a word.
  case lost
}

/// One try at a job.
package struct JobAttempt: Hashable, Sendable {
  package var number: Int
  /// Name of the node.
  package var node: String
  package var state: AttemptState
  package var reason: String?
  /// What its worker said last about how it goes.
  package var note: String?
  package var units: Int64
  package var usage: WorkUsage
  package var dispatchedAt: Timestamp
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?

  package init(
    number: Int, node: String, state: AttemptState, reason: String?, note: String?, units: Int64,
    usage: WorkUsage, dispatchedAt: Timestamp, startedAt: Timestamp?, endedAt: Timestamp?
  ) {
    self.number = number
    self.node = node
    self.state = state
    self.reason = reason
    self.note = note
    self.units = units
    self.usage = usage
    self.dispatchedAt = dispatchedAt
    self.startedAt = startedAt
    self.endedAt = endedAt
  }
}

/// What an attempt used by itself, in milliseconds.
package struct WorkUsage: Hashable, Sendable {
  package var gpu: Int64
  package var cpu: Int64

  package init(gpu: Int64 = 0, cpu: Int64 = 0) {
    self.gpu = gpu
    self.cpu = cpu
  }
}
