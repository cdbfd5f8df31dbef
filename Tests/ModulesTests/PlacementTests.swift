import ContainerFakes
import ContainerSupport
import KindTestSupport
import Manifests
import Model
import Planning
import Testing

@testable import Modules

@Suite("Placement of replicas")
struct PlacementTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let nodes: [String: ComputeOffer]
    let spec: ModuleSpec
    let expected: [String]
    let reason: String
    var testDescription: String { reason }

    init(
      _ nodes: [String: ComputeOffer], _ change: (inout ModuleSpec) -> Void, _ expected: [String],
      _ reason: String
    ) {
      self.nodes = nodes
      spec = ModuleSpec.sample(change)
      self.expected = expected
      self.reason = reason
    }
  }

  static let cases: [Case] = [
    Case(["b": .test(), "a": .test()], { _ in }, ["a"], "the first by name"),
    Case(
      ["a": .test(), "b": .test()], { $0.placement.replicas = 3 }, ["a", "b", "a"], "spread, then shared"),
    Case(
      ["a": .test(gpu: "6Gi"), "b": .test(gpu: "12Gi")], { $0.needs.gpuMemory = ByteCount("12Gi") }, ["b"],
      "only one GPU is large enough"),
    Case(
      ["a": .test(cores: 2), "b": .test(cores: 8)], { $0.needs.cores = CoreCount(cores: 4) }, ["b"],
      "enough cores"),
    Case(
      ["a": .test(memory: "4Gi"), "b": .test(memory: "32Gi")], { $0.needs.memory = ByteCount("16Gi") }, ["b"],
      "enough memory"),
    Case(
      ["a": .test(labels: ["tier": "cpu"]), "b": .test(labels: ["tier": "gpu"])],
      { $0.placement.on = ["tier": "gpu"] },
      ["b"], "labels"),
    Case(
      ["a": .test(), "b": .test()], { $0.placement.nodes = ["Node/b"] }, ["b"], "only the named nodes"),
    Case(
      ["a": .test(isSchedulable: false), "b": .test()], { _ in }, ["b"], "a cordoned node gets nothing new"),
    Case(["a": .test()], { $0.placement.replicas = 0 }, [], "no replicas"),
  ]

  @Test("A node that left the manifests gets no replicas, and its containers are still found")
  func leavingNodes() throws {
    var offers = Offers()
    let (a, b) = (ResourceID(kind: "Node", name: "a"), ResourceID(kind: "Node", name: "b"))
    offers.add(.compute(.test()), from: a)
    offers.add(.compute(.test()), from: b)
    offers.leaving = [a]
    let placement = Placement(spec: ModuleSpec.sample { _ in }, offers: offers)
    #expect(placement.assign([]) == [0: b])
    #expect(Set(placement.capable.keys) == [a, b])
    offers.leaving = [a, b]
    let none = Placement(spec: ModuleSpec.sample { _ in }, offers: offers)
    #expect(none.missingNode.contains("Node/a leaves"))
    #expect(none.unsuitableNodes == [a, b])
  }

  @Test("New replicas go to the expected nodes", arguments: cases)
  func assignment(_ test: Case) throws {
    let steps = try plan(test.spec, in: test.nodes).steps
    let nodes = steps.compactMap { step -> String? in
      if case .create(let plan) = step.operation { plan.node?.name } else { nil }
    }
    #expect(nodes == test.expected, Comment(rawValue: test.reason))
  }

  static let waitCases:
    [(nodes: [String: ComputeOffer], change: @Sendable (inout ModuleSpec) -> Void, text: String)] = [
      ([:], { _ in }, "a schedulable node; there is none yet"),
      (
        [
          "dev-1": .test(labels: ["tier": "gpu"], gpu: "6Gi"),
          "dev-2": .test(labels: ["tier": "gpu"], gpu: "12Gi", isSchedulable: false),
          "dev-3": .test(),
        ],
        {
          $0.needs.gpuMemory = ByteCount("12Gi")
          $0.placement.on = ["tier": "gpu"]
        },
        "a schedulable node with 12Gi of GPU memory and labels tier=gpu; Node/dev-1 has 6Gi of GPU memory, "
          + "Node/dev-2 is cordoned, Node/dev-3 has no label tier"
      ),
      (
        ["a": .test(cores: 2, memory: "2Gi")],
        {
          $0.needs.cores = CoreCount(cores: 4)
          $0.needs.memory = ByteCount("4Gi")
          $0.placement.nodes = ["Node/a"]
        }, "a schedulable node among Node/a with 4 cores and 4Gi of memory; Node/a has 2 cores"
      ),
    ]

  @Test("A module without a suitable node waits with the reason", arguments: waitCases.indices)
  func waiting(index: Int) throws {
    let test = Self.waitCases[index]
    #expect(try plan(ModuleSpec.sample(test.change), in: test.nodes).waitingOn == test.text)
  }

  @Test("A replica stays on a cordoned node and leaves a node that no longer meets the requirements")
  func sticky() throws {
    let spec = ModuleSpec.sample { $0.needs.cores = CoreCount(cores: 2) }
    guard case .create(let made)? = try plan(spec, in: ["b": .test()]).steps.first?.operation else {
      Issue.record("nothing was created")
      return
    }
    let running = WorkloadObservation([
      ContainerObservation(
        id: "c", name: "c", engine: .local, labels: ContainerLabels(of: made, marks: .test),
        image: made.template.image.pullReference, state: .running, limits: made.limits)
    ])
    #expect(
      try plan(spec, running, in: ["a": .test(), "b": .test()]).isUpToDate, "the current node is preferred")
    #expect(try plan(spec, running, in: ["a": .test(), "b": .test(isSchedulable: false)]).isUpToDate)
    for nodes in [["a": ComputeOffer.test(), "b": .test(cores: 1)], ["a": .test()]] {
      guard case .replaceAfter(let plan, let old)? = try plan(spec, running, in: nodes).steps.first?.operation
      else {
        Issue.record("it stayed on a node that does not meet the requirements")
        continue
      }
      #expect(plan.node?.name == "a")
      #expect(old.id == "c")
    }
    let outcome = try plan(spec, running, in: ["b": .test(cores: 1)])
    #expect(outcome.waitingOn != nil, "a running replica is not removed without another node")
  }

  private func plan(
    _ spec: ModuleSpec, _ observed: WorkloadObservation? = nil, in nodes: [String: ComputeOffer]
  ) throws -> PlanOutcome<ContainerOperation> {
    let id = ResourceID(kind: "Module", name: "echo")
    return try ModulePlanner().plan(
      .test("Module", "echo", spec), observed,
      PlanContext(id: id, lastApplied: nil, reconcile: .test(compute: nodes)))
  }
}

extension ModuleSpec {
  static func sample(tag: String = "1", _ change: (inout ModuleSpec) -> Void = { _ in }) -> ModuleSpec {
    var spec = ModuleSpec()
    spec.jobType = "echo"
    spec.image = .sample("echo", tag: tag)
    spec.developer = "account/ada"
    spec.serves = .http(ModuleHTTP())
    change(&spec)
    return spec
  }
}
