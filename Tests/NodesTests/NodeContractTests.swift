import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
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
  @Test("Its record is written, changed, mended and taken away")
  func life() async throws {
    try await DockerFixture.with { world in
      let id = ResourceID(kind: "Node", name: "dev-1")
      let engines = world.support.engines
      let room = KindFixture(NodePlanner(), NodeBackend(engines: engines))
      var spec = NodeSpec()
      spec.owner = "account/ada"
      spec.cores = 1
      let node = Resource<NodeSpec>.test("Node", "dev-1", spec, labels: ["tier": "cpu"])
      try await room.apply(id, node, in: world.context())
      #expect(try await room.plan(id, node, in: world.context()).isUpToDate)
      #expect(try await room.health(of: node, in: world.context()) == .ready)
      let record = try #require(try await world.volumes().first)
      #expect(record.labels["rendertrust.com/node.spec.owner"] == "account/ada")

      spec.schedulable = false
      let cordoned = Resource<NodeSpec>.test("Node", "dev-1", spec, labels: ["tier": "cpu"])
      let steps = try await room.apply(id, cordoned, lastApplied: node, in: world.context())
      #expect(
        steps.map(\.fields) == [[FieldChange("schedulable", from: .string("true"), to: .string("false"))]])
      try await world.engine.removeVolume(record.name)
      try await room.apply(id, cordoned, lastApplied: cordoned, in: world.context())
      #expect(try await world.volumes().count == 1)
      try await room.apply(id, nil, lastApplied: cordoned, in: world.context())
      #expect(try await world.volumes().isEmpty)
    }
  }
}
