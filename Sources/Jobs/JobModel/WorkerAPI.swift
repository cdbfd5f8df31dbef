package import Model

/// Work for nodes. Its clients are relays, through the gateway, and the runner that reaches engines itself.
/// The caller has proved that it is the node that it names.
package protocol WorkerAPI: Sendable {
  /// Starts a worker of the node, with these capabilities. The terms list the attempts that the node had
  /// accepted before: the worker continues or fails them.
  func register(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> WorkTerms
  /// - Returns: attempts that the node is to stop, as `JOB.NUMBER`.
  func heartbeat(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> [AttemptID]
  /// Attempts that were dispatched to the node and are not accepted yet, oldest first. They are returned
  /// again until they are accepted.
  /// - Parameters:
  ///   - known: attempts that the caller has already; returns once there is another one, or at the timeout,
  ///     and then with the known ones.
  ///   - timeout: how long to wait where there is none.
  func work(for node: String, limit: Int, excluding known: Set<AttemptID>, timeout: Duration)
    async throws(JobError) -> [WorkOrder]
  /// Records an event of an attempt. Repeating a report has no effect. An attempt that is no longer the job's
  /// current one fails with `superseded` and is not paid.
  func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply
}

extension WorkerAPI {
  package func work(for node: String, limit: Int, timeout: Duration) async throws(JobError) -> [WorkOrder] {
    try await work(for: node, limit: limit, excluding: [], timeout: timeout)
  }
}

/// Identifies an attempt: `JOB.NUMBER`.
package struct AttemptID: Hashable, Sendable, CustomStringConvertible {
  package let job: JobID
  package let number: Int

  package init(_ job: JobID, _ number: Int) {
    self.job = job
    self.number = number
  }

  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let job = JobID(String(parts[0])), let number = Int(parts[1]),
      (1...1_000_000).contains(number), String(number) == parts[1]
    else { return nil }
    self.init(job, number)
  }

  package var description: String { "\(job).\(number)" }
}

/// What a worker reports about its node.
package struct WorkerHeartbeat: Hashable, Sendable {
  package var node: String
  /// The job types that it takes; nil: every one.
  package var jobTypes: [String]?
  /// Digests of the images on the node.
  package var images: [String]
  package var canPull: Bool
  /// The round trip of its previous request.
  package var roundTripMicroseconds: Int64
  /// GPU memory, temperature and the like, for people.
  package var report: Value?

  package init(
    node: String, jobTypes: [String]? = nil, images: [String] = [], canPull: Bool = false,
    roundTripMicroseconds: Int64 = 0, report: Value? = nil
  ) {
    self.node = node
    self.jobTypes = jobTypes
    self.images = images
    self.canPull = canPull
    self.roundTripMicroseconds = roundTripMicroseconds
    self.report = report
  }
}

/// The terms that a worker works by.
package struct WorkTerms: Hashable, Sendable {
  package var heartbeatEvery: TimeSpan
  /// How long an attempt may run without a report.
  package var lease: TimeSpan
  /// The attempts that the node accepted before and that have not ended.
  package var accepted: [AttemptID]

  package init(heartbeatEvery: TimeSpan, lease: TimeSpan, accepted: [AttemptID]) {
    self.heartbeatEvery = heartbeatEvery
    self.lease = lease
    self.accepted = accepted
  }
}

/// An attempt, for the worker that runs it.
package struct WorkOrder: Hashable, Sendable {
  package var attempt: AttemptID
  package var module: String
  package var jobType: String
  /// Digest of the image.
  package var image: String
  package var input: Value
  package var units: Int64
  /// The index of the node's GPU, from 0; nil: none.
  package var gpu: Int?
  package var leaseUntil: Timestamp
  package var stopAt: Timestamp

  package init(
    attempt: AttemptID, module: String, jobType: String, image: String, input: Value, units: Int64, gpu: Int?,
    leaseUntil: Timestamp, stopAt: Timestamp
  ) {
    self.attempt = attempt
    self.module = module
    self.jobType = jobType
    self.image = image
    self.input = input
    self.units = units
    self.gpu = gpu
    self.leaseUntil = leaseUntil
    self.stopAt = stopAt
  }
}

/// An event of an attempt.
package struct WorkReport: Hashable, Sendable {
  package enum Event: Hashable, Sendable {
    /// The attempt begins.
    case accept
    /// Renews the lease. Units and usage are the totals of the attempt.
    case progress(units: Int64, WorkUsage, note: String?)
    case succeed(units: Int64, WorkUsage, output: Value?, artefacts: [Artefact])
    /// - Parameter isFinal: the job would fail on every node, such as for an input that the module refuses.
    case fail(reason: String, WorkUsage, isFinal: Bool)
    /// The attempt ended because of something outside the job. It counts as a failure of the node unless the
    /// platform is responsible.
    case interrupt(Interruption, reason: String, WorkUsage)
  }

  /// What ended an attempt from outside.
  package enum Interruption: Hashable, Sendable {
    /// The worker stops, or no longer has the module: the platform is responsible.
    case byPlatform
    /// The container is gone, or the worker lost the attempt. The platform is responsible where it drains the
    /// container or where the node or the module left the manifests.
    case lostContainer
  }

  package var attempt: AttemptID
  package var event: Event

  package init(_ attempt: AttemptID, _ event: Event) {
    self.attempt = attempt
    self.event = event
  }
}

/// The answer to a report.
package struct WorkReply: Hashable, Sendable {
  package var leaseUntil: Timestamp
  /// The worker must stop the attempt: the job was cancelled, or its time or credits are used up. It reports
  /// the usage with `fail`; where the job was cancelled, finished units are paid.
  package var stops: Bool

  package init(leaseUntil: Timestamp, stops: Bool) {
    self.leaseUntil = leaseUntil
    self.stops = stops
  }
}
