import JobStore
import KindTestSupport
import Ledger
import Model
import Postgres
import PostgresSupport
import SchedulerKind

/// A scheduler, and the offers of the nodes and modules that it records.
enum SchedulerFixture {
  static let image = Digest(of: "image")

  static func scheduler(_ json: String = "{}", _ name: String = "global") throws -> Resource<SchedulerSpec> {
    try Fixture.resource(SchedulerSpec.self, name, json)
  }

  static func compute(
    gpus: Int = 0, cores: Int = 4, isSchedulable: Bool = true, owner: String = "ada",
    isOverflow: Bool = false
  ) -> ComputeOffer {
    ComputeOffer(
      engine: .local, labels: ["tier": gpus > 0 ? "gpu" : "cpu"], cores: cores,
      memory: ByteCount(bytes: 8 << 30), gpuMemory: gpus > 0 ? ByteCount(bytes: 12 << 30) : nil,
      gpuCount: gpus, isSchedulable: isSchedulable, owner: owner, isRootless: true, isOverflow: isOverflow)
  }

  static func work(image: Digest = image, price: Int64? = 10_000, nodes: [String] = []) -> WorkOffer {
    WorkOffer(
      jobType: "echo", image: image, imageReference: "echo@sha256:\(image.hex)",
      needs: ComputeNeeds(
        labels: ["tier": "cpu"], nodes: nodes.map { ResourceID(kind: "Node", name: $0) },
        cores: CoreCount(thousandths: 500)), developer: "wtfb", price: price.map { Credits(micro: $0) },
      unit: "job", interface: .stdio(command: ["/module/run"]))
  }

  static func offers(
    nodes: [String: ComputeOffer] = [:], modules: [String: WorkOffer] = [:], leaving: Set<String> = []
  ) -> Offers {
    var offers = Offers()
    for name in ["platform", "other"] {
      offers.add(
        .database(DatabaseOffer(address: .embedded(database: name))),
        from: ResourceID(kind: "Database", name: name))
    }
    for (name, node) in nodes { offers.add(.compute(node), from: ResourceID(kind: "Node", name: name)) }
    for (name, module) in modules { offers.add(.work(module), from: ResourceID(kind: "Module", name: name)) }
    offers.leaving = Set(leaving.map { ResourceID(kind: "Node", name: $0) })
    return offers
  }

  /// A database with the tables of the ledger and of jobs.
  static func withDatabase(_ body: (PostgresPool) async throws -> Void) async throws {
    try await TestDatabase.with { pool in
      for migration in Ledger.migrations + JobStore.migrations { try await pool.script(migration.sql) }
      try await body(pool)
    }
  }
}
