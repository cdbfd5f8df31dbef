import JobModel

/// An event of an attempt, from its worker or from the scheduler itself.
struct ReportCall: Sendable {
  enum Event: Sendable {
    /// The worker reported it.
    case reported(WorkReport.Event)
    /// The lease was expired when it was read last.
    case leaseExpired
    /// The job was cancelled before a worker accepted the attempt.
    case withdrawn
    /// The platform drains the attempt's place.
    /// - Parameter evenIfAccepted: false: only where no worker has accepted the attempt.
    case preempted(reason: String, evenIfAccepted: Bool)
  }

  let attempt: AttemptID
  let node: Int64
  let event: Event

  /// Whether the attempt may end, which frees capacity of its node.
  var mayEnd: Bool {
    switch event {
    case .leaseExpired, .withdrawn, .preempted, .reported(.succeed), .reported(.fail), .reported(.interrupt):
      true
    case .reported: false
    }
  }

  /// Whether the outcome depends on what the platform does with the attempt's place.
  var dependsOnDrains: Bool {
    switch event {
    case .leaseExpired, .preempted, .reported(.interrupt): true
    case .withdrawn, .reported: false
    }
  }
}
