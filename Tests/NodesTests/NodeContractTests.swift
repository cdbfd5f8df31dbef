import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import KindTestSupport
import Manifests
import Model
import Nodes
import Planning
import Reconciling
import Testing

@Suite(
  "Node on a real engine",
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct NodeContractTests {
  @Test("The record of a node is created, updated, restored and removed")
  func lifecycle() async throws {
    try await DockerFixture.with { docker in
      let id = ResourceID(kind: "Node", name: "dev-1")
      let engines = docker.support.engines
      let fixture = KindFixture(NodePlanner(), NodeBackend(engines: engines))
      var spec = NodeSpec()
      spec.owner = "account/ada"
      spec.cores = 1
      let node = Resource<NodeSpec>.test("Node", "dev-1", spec, labels: ["tier": "cpu"])
      try await fixture.apply(id, node, in: docker.context())
      #expect(try await fixture.plan(id, node, in: docker.context()).isUpToDate)
      #expect(try await fixture.health(of: node, in: docker.context()) == .ready)
      let record = try #require(try await docker.volumes().first)
      #expect(record.labels["rendertrust.com/node.spec.owner"] == "account/ada")

      spec.schedulable = false
      let cordoned = Resource<NodeSpec>.test("Node", "dev-1", spec, labels: ["tier": "cpu"])
      let steps = try await fixture.apply(id, cordoned, lastApplied: node, in: docker.context())
      #expect(
        steps.map(\.fields) == [[FieldChange("schedulable", from: .string("true"), to: .string("false"))]])
      try await docker.engine.removeVolume(record.name)
      try await fixture.apply(id, cordoned, lastApplied: cordoned, in: docker.context())
      #expect(try await docker.volumes().count == 1)
      try await fixture.apply(id, nil, lastApplied: cordoned, in: docker.context())
      #expect(try await docker.volumes().isEmpty)
    }
  }
}
