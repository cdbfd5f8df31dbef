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
  }

  let attempt: AttemptID
  let node: Int64
  let event: Event

  /// Whether the attempt may end, which frees capacity of its node.
  var mayEnd: Bool {
    switch event {
    case .leaseExpired, .withdrawn, .reported(.succeed), .reported(.fail): true
    case .reported: false
    }
  }
}
