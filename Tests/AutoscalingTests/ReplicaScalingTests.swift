import ContainerFakes
import ContainerSupport
import Model
import Testing

@testable import Autoscaling

/// Plans from readings of the demand.
@Suite struct ReplicaScalingTests {
  private static let now = Timestamp(seconds: 1_800_000_000)

  private static func demand(_ pending: Int64, as runtime: ReplicaRuntime = .process) -> ReplicaDemand {
    .leader(
      scheduler: "global", ReplicaSettings(rule: ReplicaRule(target: 50), runtime: runtime), pending: pending)
  }

  @Test(
    "Processes run for the pending jobs, and containers of an earlier run are removed until an engine answers"
  )
  func processes() throws {
    var scaling = ReplicaScaling()
    _ = scaling.plan(for: Self.demand(0), at: Self.now)
    let plan = scaling.plan(for: Self.demand(120), at: Self.now)
    #expect(plan.processes == 3)
    #expect(plan.change?.description == "1 → 3, more jobs are pending")
    let containers = try #require(plan.containers)
    #expect(containers == ReplicaScaling.ContainerPlan(scheduler: "global", count: 0, docker: nil))
    scaling.recordContainers(0, after: containers)
    #expect(scaling.plan(for: Self.demand(120), at: Self.now).containers == nil)
  }

  @Test("An unknown demand keeps the processes, and a follower runs none")
  func unknownDemand() {
    var scaling = ReplicaScaling()
    _ = scaling.plan(for: Self.demand(0), at: Self.now)
    let unknown = scaling.plan(for: .unknown("no answer"), at: Self.now)
    #expect(unknown.processes == 1 && unknown.containers == nil)
    #expect(unknown.problem == "pending jobs cannot be counted: no answer")
    #expect(scaling.plan(for: .follower, at: Self.now) == ReplicaScaling.Plan(processes: 0))
    #expect(scaling.plan(for: .unknown("no answer"), at: Self.now).processes == 0)
  }

  @Test("Containers replace processes, and Kubernetes replaces both")
  func runtimes() {
    let docker = DockerReplicas(
      image: .sample("rendertrust"), connection: .environment("URL"),
      limits: ContainerLimits(memory: ByteCount(bytes: 64 << 20), cores: nil, pids: 64))
    var scaling = ReplicaScaling()
    _ = scaling.plan(for: Self.demand(0), at: Self.now)
    let plan = scaling.plan(for: Self.demand(100, as: .docker(docker)), at: Self.now)
    #expect(plan.processes == 0)
    #expect(plan.containers?.count == 2 && plan.containers?.docker == docker)
    let kubernetes = scaling.plan(for: Self.demand(100, as: .kubernetes), at: Self.now)
    #expect(kubernetes.processes == 0 && kubernetes.change == nil)
    #expect(kubernetes.containers?.docker == nil)
  }
}
