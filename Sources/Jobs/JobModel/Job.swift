package import Model

package enum JobState: String, Hashable, Sendable, CaseIterable {
  /// Waits for a node with free capacity.
  case pending
  /// A node was chosen and its capacity claimed; the worker has not accepted the attempt yet.
  case dispatched
  case running, succeeded, failed, cancelled

  package var isOver: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// An order of work and its state.
package struct Job: Hashable, Sendable {
  package var id: JobID
  /// Increases with each change.
  package var version: Int64
  /// Name of the account that pays.
  package var creator: String
  package var module: String
  /// Digest of the image that it runs with.
  package var image: String
  package var input: Value
  /// The number of the module's units that were ordered.
  package var units: Int64
  /// Price of one unit; nil: the job is paid by time.
  package var unitPrice: Credits?
  /// The credits held for it, which are the maximum that it can cost.
  package var held: Credits
  /// Its cost; 0 until it is over.
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
  /// By number; empty in lists of jobs.
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

/// A file that a job produced, and where it is stored.
package struct Artefact: Hashable, Sendable {
  package var name: String
  /// A URL, or a path relative to the job's folder.
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
  /// Its lease expired without a report.
  case lost
  /// The platform ended it, to change or remove its container, module or node. It is no failure of the node.
  case preempted
}

/// One try at a job on one node.
package struct JobAttempt: Hashable, Sendable {
  package var number: Int
  /// Name of the node.
  package var node: String
  package var state: AttemptState
  package var reason: String?
  /// The last progress note of its worker.
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

/// The processor time that an attempt used, in milliseconds.
package struct WorkUsage: Hashable, Sendable {
  package var gpu: Int64
  package var cpu: Int64

  package init(gpu: Int64 = 0, cpu: Int64 = 0) {
    self.gpu = gpu
    self.cpu = cpu
  }
}
