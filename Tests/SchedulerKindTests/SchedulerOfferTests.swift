import ContainerFakes
import KindSupport
import Manifests
import Model
import Modules
import Nodes
import Placement
import SchedulerKind
import Testing

/// What schedulers record of the manifests of nodes and modules.
@Suite struct SchedulerOfferTests {
  private static let digest = String(repeating: "ab", count: 32)

  private static let kinds: [Kind] = {
    let world = FakeEngines()
    return Nodes.kinds(world.support) + Modules.kinds(world.support)
  }()

  private static func document(_ kind: String, _ name: String, _ spec: String) -> String {
    """
    apiVersion: rendertrust.com/v1
    kind: \(kind)
    metadata: {name: \(name), labels: {tier: gpu}}
    spec: {\(spec)}
    ---

    """
  }

  private static func load(_ text: String) throws -> DesiredState {
    let schemas = kinds.schemas + [KindSchema(SchedulerSpec.self), KindSchema(FakeDatabase.self)]
    let result = ManifestLoader(kinds: schemas).load(text: text, name: "all.yaml")
    #expect(result.diagnostics.map(\.description) == [])
    return try #require(result.desired)
  }

  private static let module =
    "jobType: draw, image: \"registry.test/draw:2@sha256:\(digest)\", developer: account/wtfb"

  @Test("A node is recorded with its owner, slots and pool, also behind a relay") func nodes() throws {
    let desired = try Self.load(
      Self.document("Node", "usual", "owner: account/ada, engine: local, cores: 6")
        + Self.document(
          "Node", "edge",
          "owner: account/bob, engine: {relay: {}}, slots: 3, gpu: {memory: 12Gi, count: 2}, "
            + "sandbox: {rootless: true}")
        + Self.document(
          "Node", "cloud", "owner: account/cloud, engine: local, overflow: true, schedulable: false"))
    let nodes = Self.kinds.offers(desired.resources).declaredNodes
    #expect(nodes["usual"]?.slots == 6 && nodes["usual"]?.cores == 6000 && nodes["usual"]?.owner == "ada")
    #expect(nodes["usual"]?.isOverflow == false && nodes["usual"]?.gpuUsed == [])
    #expect(
      nodes["edge"]?.slots == 3 && nodes["edge"]?.gpuUsed == [0, 0] && nodes["edge"]?.isRootless == true)
    #expect(nodes["edge"]?.gpuMemory == 12 << 30 && nodes["edge"]?.labels == ["tier": "gpu"])
    #expect(nodes["cloud"]?.isOverflow == true && nodes["cloud"]?.isCordoned == true)
  }

  @Test(
    "A module is recorded with its needs, price and interface",
    arguments: [
      ("serves: stdio", WorkInterface.stdio(command: ["/module/run"])),
      ("serves: {stdio: {}}", .stdio(command: ["/module/run"])),
      ("serves: {stdio: {command: [/bin/draw, --json]}}", .stdio(command: ["/bin/draw", "--json"])),
      ("serves: {http: {port: 8188, run: /go}}", .http(port: 8188, path: "/go")),
    ])
  func modules(serves: String, interface: WorkInterface) throws {
    let spec = "\(Self.module), \(serves), needs: {gpuMemory: 6Gi, cores: 0.5, rootless: true}"
    let desired = try Self.load(
      Self.document(
        "Module", "draw", "\(spec), price: {credits: 0.5, per: frame}, placement: {on: {tier: gpu}}"))
    let offers = Self.kinds.offers(desired.resources)
    let work = try #require(offers.work.values.first)
    #expect(work.interface == interface && work.imageReference == "registry.test/draw@sha256:\(Self.digest)")
    let module = try #require(offers.declaredModules["draw"])
    #expect((module.jobType, module.image, module.developer) == ("draw", Self.digest, "wtfb"))
    #expect(
      (module.needs.gpuMemory?.bytes, module.needs.cores?.thousandths) == (6 << 30, 500)
        && module.needs.isRootless)
    #expect(
      module.unitPrice == Credits(micro: 500_000) && module.unit == "frame"
        && module.needs.labels == ["tier": "gpu"])
  }

  @Test("A scheduler changes with its nodes and modules, and does not wait for them") func digests() throws {
    func scheduler(_ others: String) throws -> AnyResource {
      let desired = try Self.load(
        others + Self.document("Scheduler", "global", "") + Self.document("Database", "platform", ""))
      return try #require(desired[ResourceID(kind: "Scheduler", name: "global")])
    }
    let node = Self.document("Node", "a", "owner: account/ada, engine: local")
    let cordoned = Self.document("Node", "a", "owner: account/ada, engine: local, schedulable: false")
    let module = Self.document("Module", "draw", "\(Self.module), serves: stdio")
    let digests = try ["", node, cordoned, node + module].map { try scheduler($0).digest }
    #expect(Set(digests).count == 4)
    #expect(try scheduler(node).digest == digests[1])
    #expect(try scheduler(node + module).references.map(\.target.description) == ["Database/platform"])
  }
}

/// Stands for the database that a scheduler refers to.
struct FakeDatabase: ManifestSpec {
  static let kind = "Database"
  static let fields = Fields<Self>("A database") {}
}
