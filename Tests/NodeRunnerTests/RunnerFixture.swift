import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import Glibc
import HTTP
import Model
import Reconciling
import ReconcilingSupport

@testable import JobModel
@testable import NodeRunner

/// A runner whose nodes share one real engine, with a scheduler in memory.
struct RunnerFixture: Sendable {
  let world: DockerFixture
  let workerAPI: FakeWorkerAPI
  let modules: Watched<[ResourceID: WorkOffer]>
  let nodes: Watched<[ResourceID: ComputeOffer]>
  let image: PinnedImage
  private let runner: LocalRunner

  /// - Parameter nodes: the names of the nodes; each gets a container of the module `echo` with the image of
  ///   `key`.
  static func with(
    _ nodes: [String] = ["a"], image key: String = "echoImage", slots: Int = 4,
    interface: WorkInterface = .stdio(command: ["/module/run"]),
    lease: TimeSpan = TimeSpan(seconds: 3), _ work: @Sendable (RunnerFixture) async throws -> Void
  ) async throws {
    try await DockerFixture.with { world in
      let image = try world.image(key)
      let made = RunnerFixture(
        world, FakeWorkerAPI(lease: lease), image,
        .nodes(nodes, slots: slots), .echo(interface))
      for node in nodes { try await made.makeContainer(on: node) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await made.runner.run() }
        try await work(made)
        group.cancelAll()
      }
    }
  }

  private init(
    _ world: DockerFixture, _ workerAPI: FakeWorkerAPI, _ image: PinnedImage,
    _ nodes: [ResourceID: ComputeOffer],
    _ modules: [ResourceID: WorkOffer]
  ) {
    self.world = world
    self.workerAPI = workerAPI
    self.image = image
    let (watchedNodes, watchedModules) = (Watched(nodes), Watched(modules))
    self.nodes = watchedNodes
    self.modules = watchedModules
    runner = LocalRunner(
      workerAPI: workerAPI, engines: world.support.engines, http: world.bed.client, marks: world.marks,
      time: .machine,
      nodes: { watchedNodes.value }, modules: { watchedModules.value })
  }

  func makeContainer(on node: String) async throws {
    let plan = ContainerPlan(
      resource: ResourceID(kind: "Module", name: "echo"), node: ResourceID(kind: "Node", name: node),
      engine: .local, template: ContainerTemplate(image: image, keepsInputOpen: true),
      limits: ContainerLimits(memory: ByteCount(bytes: 64 << 20), cores: nil, pids: 64), health: .running)
    try await world.support.runner.run(.create(plan), world.marks)
  }

  /// Replaces the command of the module with a shell script.
  func set(_ script: String) {
    modules.change { $0 = .echo(.stdio(command: ["sh", "-c", script])) }
  }

  /// Dispatches an order and waits for its result.
  func run(_ order: WorkOrder, on node: String = "a") async -> WorkReport.Event? {
    workerAPI.add(order, to: node)
    return await workerAPI.end(of: order.attempt)
  }

  func order(_ number: UInt64 = 1, _ input: Value = .object([:]), units: Int64 = 1) -> WorkOrder {
    .test(
      number, image: image.digest.hex, input: input, units: units,
      stopAt: TimeSource.machine.now() + TimeSpan(seconds: 120))
  }

  /// The number of processes in the first container whose command line contains the text.
  func processes(_ text: String) async throws -> Int {
    guard let container = try await world.containers().first else { return 0 }
    let list = try await world.engine.run(
      ContainerProcess(in: container.id, ["ps"], timeout: .seconds(20)))
    return String(decoding: list.output, as: UTF8.self).split(separator: "\n").filter { $0.contains(text) }
      .count
  }
}

extension TimeSource {
  static let machine = TimeSource(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }, sleep: { span in try await Task.sleep(for: span.duration) })
}
