import JobModel
import Model
import Planning

@testable import rendertrust

/// Jobs and nodes at one point in time.
enum Samples {
  static let now = Timestamp("2026-11-22T15:00:00Z")!
  static let text = JobText(style: .plain, now: now)
  static let nodes = NodeText(style: .plain, now: now)

  static func job(
    _ state: JobState = .running, id: String = "0hsgq3k9a1b2c3d4",
    _ change: (inout Job) -> Void = { _ in }
  ) -> Job {
    var job = Job(
      id: JobID(id)!, version: 1, creator: "ada", module: "storyboard",
      image: String(repeating: "4f", count: 32), input: .object([:]), units: 10,
      unitPrice: Credits(micro: 500_000), held: Credits(micro: 5_000_000),
      cost: Credits(micro: 0), priority: 5, state: state, reason: nil, output: nil, artefacts: [],
      isOverflow: false, submittedAt: Timestamp(seconds: now.microseconds / 1_000_000 - 40),
      deadline: now + TimeSpan(seconds: 3560), finishedAt: nil, attempts: [])
    change(&job)
    return job
  }

  static func attempt(
    _ number: Int = 1, on node: String = "dev-gpu-1", _ state: AttemptState = .running,
    _ change: (inout JobAttempt) -> Void = { _ in }
  ) -> JobAttempt {
    let begin = Timestamp(seconds: now.microseconds / 1_000_000 - 30)
    var attempt = JobAttempt(
      number: number, node: node, state: state, reason: nil, note: nil, units: 0, usage: WorkUsage(),
      dispatchedAt: begin, startedAt: state == .dispatched ? nil : begin, endedAt: nil)
    change(&attempt)
    return attempt
  }

  /// A job that failed on one node and succeeded on another.
  static let done = job(.succeeded) {
    $0.cost = Credits(micro: 5_000_000)
    $0.finishedAt = now
    $0.output = .members(["frames": .array([.integer(1)])])
    $0.artefacts = [Artefact(name: "film", reference: "s3://films/1", bytes: 2_500_000)]
    $0.attempts = [
      attempt(1, on: "dev-cpu-1", .failed) {
        $0.reason = "exit code 3: no \u{1B}[31mGPU"
        $0.usage = WorkUsage(cpu: 1200)
        $0.endedAt = $0.dispatchedAt + TimeSpan(seconds: 2)
      },
      attempt(2, .succeeded) {
        $0.units = 10
        $0.usage = WorkUsage(gpu: 25_000)
        $0.endedAt = now
      },
    ]
  }

  static func node(
    _ name: String, used: Int = 0, isOnline: Bool = true, isCordonedByOperator: Bool = false,
    _ change: (inout NodeStatus) -> Void = { _ in }
  ) -> NodeStatus {
    var node = NodeStatus(id: 1, name: name, owner: "ada", cores: 2000, slots: 2, memory: 4 << 30)
    node.slotsUsed = used
    node.lastHeartbeatAt = now + TimeSpan(milliseconds: -3000)
    node.roundTripMicroseconds = 480
    node.isCordonedByOperator = isCordonedByOperator
    node.isOnline = isOnline
    change(&node)
    return node
  }
}
