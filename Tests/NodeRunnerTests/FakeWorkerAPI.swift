import Model
import ReconcilingSupport

@testable import JobModel

/// A scheduler in memory that dispatches the orders of a test and records what workers report.
final class FakeWorkerAPI: WorkerAPI {
  struct State: Sendable {
    var orders: [String: [WorkOrder]] = [:]
    var accepted: Set<AttemptID> = []
    var registered: [WorkerHeartbeat] = []
    var heartbeats: [WorkerHeartbeat] = []
    var reports: [WorkReport] = []
    /// Attempts that replies to heartbeats and reports stop.
    var stops: Set<AttemptID> = []
    var superseded: Set<AttemptID> = []
    /// Accepted attempts that registration returns.
    var unfinished: [AttemptID] = []
    var isAvailable = true
    /// The end of the lease in replies.
    var leaseUntil: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
  }

  let state = Watched(State())
  private let terms: WorkTerms

  init(lease: TimeSpan = TimeSpan(seconds: 3)) {
    terms = WorkTerms(heartbeatEvery: TimeSpan(milliseconds: 100), lease: lease, accepted: [])
  }

  func add(_ order: WorkOrder, to node: String) {
    state.change { $0.orders[node, default: []].append(order) }
  }

  /// The events that were reported for an attempt, in order.
  func events(of id: AttemptID) -> [WorkReport.Event] {
    state.value.reports.filter { $0.attempt == id }.map(\.event)
  }

  /// Waits for the result of an attempt.
  func end(of id: AttemptID) async -> WorkReport.Event? {
    await state.until { state in state.reports.contains { $0.attempt == id && $0.event.isEnd } }
    return events(of: id).last { $0.isEnd }
  }

  func register(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> WorkTerms {
    try check()
    var terms = terms
    terms.accepted = state.change { state in
      state.registered.append(heartbeat)
      return state.unfinished
    }
    return terms
  }

  func heartbeat(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> [AttemptID] {
    try check()
    return state.change { state in
      state.heartbeats.append(heartbeat)
      return state.stops.sorted { $0.description < $1.description }
    }
  }

  func work(for node: String, limit: Int, excluding known: Set<AttemptID>, timeout: Duration)
    async throws(JobError) -> [WorkOrder]
  {
    try check()
    _ = await state.untilCancelled { FakeWorkerAPI.open($0, node).first != nil }
    return Array(FakeWorkerAPI.open(state.value, node).prefix(limit))
  }

  private static func open(_ state: State, _ node: String) -> [WorkOrder] {
    (state.orders[node] ?? []).filter { !state.accepted.contains($0.attempt) }
  }

  func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply {
    try check()
    guard !state.value.superseded.contains(report.attempt) else {
      throw JobError(.superseded, "another attempt replaced it")
    }
    return state.change { state in
      if report.event == .accept { state.accepted.insert(report.attempt) }
      state.reports.append(report)
      return WorkReply(leaseUntil: state.leaseUntil(), stops: state.stops.contains(report.attempt))
    }
  }

  private func check() throws(JobError) {
    guard state.value.isAvailable else { throw JobError(.unavailable, "the database does not answer") }
  }
}

extension WorkReport.Event {
  var isEnd: Bool {
    switch self {
    case .accept, .progress: false
    case .succeed, .fail, .interrupt: true
    }
  }

  var output: Value? { if case .succeed(_, _, let output, _) = self { output } else { nil } }
  var failure: String? {
    switch self {
    case .fail(let reason, _, _), .interrupt(_, let reason, _): reason
    case .accept, .progress, .succeed: nil
    }
  }
  var interruption: WorkReport.Interruption? {
    if case .interrupt(let interruption, _, _) = self { interruption } else { nil }
  }
  var isFinalFailure: Bool { if case .fail(_, _, true) = self { true } else { false } }
  var usage: WorkUsage? {
    switch self {
    case .accept: nil
    case .progress(_, let usage, _), .succeed(_, let usage, _, _), .fail(_, let usage, _),
      .interrupt(_, _, let usage):
      usage
    }
  }
}

extension WorkOrder {
  /// An order of the module `echo` that may take until December 2026.
  static func test(
    _ number: UInt64 = 1, image: String = "", input: Value = .object([:]), units: Int64 = 1,
    stopAt: Timestamp = Timestamp("2026-12-01T00:00:00Z")!
  ) -> WorkOrder {
    WorkOrder(
      attempt: AttemptID(JobID(at: Timestamp(seconds: 1), random: number), 1), module: "echo",
      jobType: "echo",
      image: image, input: input, units: units, gpu: nil, leaseUntil: stopAt, stopAt: stopAt)
  }
}

extension WorkOffer {
  /// A module with this interface.
  /// - Parameter cores: thousandths of a core that an attempt claims.
  static func test(_ interface: WorkInterface, cores: Int64 = 1000) -> WorkOffer {
    WorkOffer(
      jobType: "echo", image: Digest(of: "echo"), imageReference: "echo",
      needs: ComputeNeeds(cores: CoreCount(thousandths: cores)), developer: "dev", price: nil, unit: "job",
      interface: interface)
  }
}

extension [ResourceID: WorkOffer] {
  /// The module `echo` alone.
  static func echo(_ interface: WorkInterface) -> [ResourceID: WorkOffer] {
    [ResourceID(kind: "Module", name: "echo"): .test(interface)]
  }
}

extension [ResourceID: ComputeOffer] {
  /// Nodes on the local engine.
  static func nodes(_ names: [String], slots: Int) -> [ResourceID: ComputeOffer] {
    let offer = ComputeOffer(
      engine: .local, labels: [:], cores: 4, memory: ByteCount(bytes: 8 << 30), gpuMemory: nil, gpuCount: 0,
      isSchedulable: true, slots: slots)
    return Dictionary(uniqueKeysWithValues: names.map { (ResourceID(kind: "Node", name: $0), offer) })
  }

  static func nodes(_ names: String..., slots: Int) -> [ResourceID: ComputeOffer] {
    nodes(names, slots: slots)
  }
}
