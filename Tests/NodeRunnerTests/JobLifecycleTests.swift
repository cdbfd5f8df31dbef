import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import HTTP
import Ledger
import Model
import Postgres
import PostgresSupport
import Reconciling
import ReconcilingSupport
import SchedulingSupport
import Testing

@testable import JobModel
@testable import JobStore
@testable import NodeRunner

/// From the order to the payment, with a real database, scheduler and engine.
@Suite(
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct JobLifecycleTests {
  /// Runs a scheduler and a runner with nodes `n1` and `n2` that have a container of `echo` each.
  private func with(
    _ work:
      @Sendable (DockerFixture, PostgresJobService, SchedulingWorld, Watched<[ResourceID: WorkOffer]>)
      async throws ->
      Void
  )
    async throws
  {
    try await TestDatabase.with(connections: 12) { pool in
      try await DockerFixture.with { world in
        let fixture = try await SchedulingWorld(pool)
        try await fixture.credit(["ada"], 1000)
        try await fixture.addModule("echo", credits: nil)
        let image = try world.image("echoImage")
        try await pool.query("UPDATE scheduler_modules SET image = $1", [.text(image.digest.hex)])
        try await fixture.addNodes(2, isOnline: false)
        for node in ["n1", "n2"] { try await makeContainer(of: image, on: node, world) }
        let service = PostgresJobService(
          pool, now: TimeSource.machine.now, random: { .random(in: .min ... .max) })
        try await service.refresh()
        let modules = Watched<[ResourceID: WorkOffer]>(.echo(.stdio(command: ["/module/run"])))
        let runner = LocalRunner(
          workerAPI: service, engines: world.support.engines, http: world.bed.client, marks: world.marks,
          time: .machine, nodes: { .nodes("n1", "n2", slots: 4) },
          modules: { modules.value })
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await runner.run() }
          group.addTask {
            await SchedulerLoop(service).run()
          }
          try await eventually { try await service.nodes().count { $0.isOnline } == 2 }
          try await work(world, service, fixture, modules)
          group.cancelAll()
        }
      }
    }
  }

  private func makeContainer(of image: PinnedImage, on node: String, _ world: DockerFixture) async throws {
    let plan = ContainerPlan(
      resource: ResourceID(kind: "Module", name: "echo"), node: ResourceID(kind: "Node", name: node),
      engine: .local, template: ContainerTemplate(image: image, keepsInputOpen: true),
      limits: ContainerLimits(memory: ByteCount(bytes: 64 << 20), cores: nil, pids: 64), health: .running)
    try await world.support.runner.run(.create(plan), world.marks)
  }

  private func end(of job: Job, _ service: PostgresJobService) async throws -> Job {
    var job = job
    while !job.state.isOver {
      job = try await service.job(job.id, of: nil, newerThan: job.version, timeout: .seconds(5))
    }
    return job
  }

  @Test("A job runs in a container and is paid by its CPU time")
  func echo() async throws {
    try await with { _, service, fixture, _ in
      let input = Value.members(["text": .string("hi")])
      let start = ContinuousClock().now
      let ordered = try await service.submit(JobOrder(creator: "ada", module: "echo", input: input))
      let job = try await end(of: ordered, service)
      print("order to end: \(ContinuousClock().now - start); used \(job.attempts.map(\.usage))")
      #expect(job.state == .succeeded, "\(job)")
      #expect(job.output?["echo"] == input)
      #expect(job.attempts.count == 1 && job.attempts[0].usage.gpu == 0)
      #expect(job.cost.micro >= 0 && job.cost.micro < 100_000)
      try await eventually {
        try await fixture.count("SELECT count(*) FROM usage_events WHERE settled_at IS NULL") == 0
      }
    }
  }

  @Test("A job that its creator cancels stops in the container")
  func cancelling() async throws {
    try await with { world, service, _, modules in
      modules.change { $0 = .echo(.stdio(command: ["sh", "-c", "sleep 7001"])) }
      let ordered = try await service.submit(
        JobOrder(creator: "ada", module: "echo", input: .object([:])))
      try await eventually { try await service.job(ordered.id).state == .running }
      let start = ContinuousClock().now
      _ = try await service.cancel(ordered.id, of: "ada", by: "ada")
      let job = try await end(of: ordered, service)
      print("cancellation to end: \(ContinuousClock().now - start)")
      #expect(job.state == .cancelled && job.reason == "cancelled by ada", "\(job)")
      for container in try await world.containers() {
        let list = try await world.engine.run(
          ContainerProcess(in: container.id, ["ps"], timeout: .seconds(20)))
        #expect(!String(decoding: list.output, as: UTF8.self).contains("sleep 7001"))
      }
    }
  }

  @Test("A job that fails on one node is retried on the other, then fails with the reason")
  func failing() async throws {
    try await with { _, service, _, modules in
      modules.change {
        $0 = .echo(.stdio(command: ["sh", "-c", "echo broken >&2; exit 3"]))
      }
      let ordered = try await service.submit(
        JobOrder(creator: "ada", module: "echo", input: .object([:])))
      let job = try await end(of: ordered, service)
      #expect(job.state == .failed && Set(job.attempts.map(\.node)) == ["n1", "n2"], "\(job)")
      #expect(job.reason?.contains("exit code 3: broken") == true, "\(job.reason ?? "")")
      #expect(job.cost.micro == 0)

      modules.change { $0 = .echo(.stdio(command: ["sh", "-c", "exit 65"])) }
      let rejected = try await end(
        of: try await service.submit(JobOrder(creator: "ada", module: "echo", input: .object([:]))), service)
      #expect(rejected.state == .failed && rejected.attempts.count == 1, "\(rejected)")
    }
  }

  @Test("Each of many concurrent jobs ends once")
  func concurrentJobs() async throws {
    try await with { _, service, _, _ in
      let start = ContinuousClock().now
      let jobs = try await withThrowingTaskGroup(of: Job.self) { group in
        for index in 0..<24 {
          group.addTask {
            let ordered = try await service.submit(
              JobOrder(creator: "ada", module: "echo", input: .integer(Int64(index))))
            return try await end(of: ordered, service)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      print("24 jobs on 2 nodes of 4 slots took \(ContinuousClock().now - start)")
      #expect(jobs.allSatisfy { $0.state == .succeeded && $0.attempts.count == 1 }, "\(jobs.map(\.reason))")
      #expect(Set(jobs.compactMap { $0.output?["echo"]?.number }) == Set(0..<24))
    }
  }
}
