import Billing
import ContainerFakes
import ContainerSupport
import Databases
import Delivery
import KindSupport
import Ledger
import Manifests
import Model
import Modules
import Nodes
import Planning
import Postgres
import Reconciling
import ReconcilingSupport
import Recovery
import SchedulerKind
import Services
import Synchronization

/// All kinds as one process has them: the real planners, and backends over the simulated systems.
struct SimulatedPlatform: Sendable {
  let kinds: [Kind]
  let engines: EnginePool
  /// The kind of the tests, which no manifest can declare.
  private let fakes: AnyBackend
  private let world: World
  private let process: SimulatedProcess

  init(_ world: World, _ process: SimulatedProcess) {
    self.world = world
    self.process = process
    let systems = world.systems
    let pool = EnginePool(local: Systems.local) { address throws(BackendError) in
      switch address {
      case Systems.local:
        return SimulatedEngine(world: world, process: process, inner: systems.engines[0], target: "engine 1")
      case Systems.second:
        return SimulatedEngine(world: world, process: process, inner: systems.engines[1], target: "engine 2")
      default: throw BackendError(code: "docker.unreachable", "Docker at \(address) is not reachable")
      }
    }
    engines = pool
    let workloads = ContainerToolkit(
      engines: pool,
      probe: { address, _ in
        let engine = address.address.hasPrefix("10.1.") ? systems.engines[0] : systems.engines[1]
        return engine.problem(at: address.address)
      }, secrets: { reference throws(BackendError) in try world.secret(reference) }, clock: world.time.clock)
    func backend<B: ResourceBackend>(
      _ kind: String, _ inner: B, _ history: ObservationHistory<B.Observed>,
      removes: @escaping @Sendable (B.Operation) -> Bool
    ) -> SimulatedBackend<B> {
      SimulatedBackend(inner, kind, in: world, for: process, history: history, removes: removes)
    }
    let histories = world.histories
    let nodes = NodeExport(canonical: { pool.canonical($0) })
    let databases = DatabaseExport(newest: SimulatedServer.migrations.map(\.number).max() ?? 0)
    kinds = [
      Kind(
        DatabaseSpec.self, planner: DatabasePlanner(migrations: SimulatedServer.migrations),
        backend: backend("Database", SimulatedDatabases(server: systems.server), histories.databases) {
          $0 == .dropDatabase
        },
        offer: { .database(DatabaseOffer(address: $0.spec.address(of: $0.id))) },
        claims: { resource, _ in DatabaseClaims.claims(of: resource) }, isMovable: true,
        export: { databases.export($0, $1, $2) }),
      Kind(
        PriceMapSpec.self, planner: PriceMapPlanner(),
        backend: backend("PriceMap", SimulatedPrices(server: systems.server), histories.prices) {
          if case .write(let entries, _) = $0 { entries.isEmpty } else { false }
        }, claims: { PriceMapClaims.claims(of: $0, in: $1) }, isMovable: true, export: PriceMapExport.export),
      Kind(
        LedgerSpec.self, planner: LedgerPlanner(),
        backend: backend("Ledger", SimulatedLedgers(server: systems.server), histories.ledgers) {
          $0 == .close
        }, claims: { LedgerClaims(stateFolder: "/state").claims(of: $0, in: $1) }, isMovable: true,
        export: LedgerExport.export),
      Kind(
        SchedulerSpec.self, planner: SchedulerPlanner(),
        backend: backend("Scheduler", SimulatedSchedulers(server: systems.server), histories.schedulers) {
          $0 == .leave
        }, claims: { SchedulerClaims(stateFolder: "/state").claims(of: $0, in: $1) }, isMovable: true,
        export: SchedulerExport.export),
      Kind(
        EnvironmentSpec.self, planner: EnvironmentPlanner(),
        backend: backend("Environment", SimulatedEnvironments(server: systems.server), histories.environments)
        {
          $0 == .remove
        }, export: EnvironmentExport.export),
      Kind(
        BackupPolicySpec.self, planner: BackupPolicyPlanner(),
        backend: backend("BackupPolicy", SimulatedBackups(world: world), histories.backups) {
          $0 == .stopArchiving
        }, claims: { BackupPolicyClaims(stateFolder: "/state").claims(of: $0, in: $1) }, isMovable: true,
        export: BackupPolicyExport.export),
      Kind(
        NodeSpec.self, planner: NodePlanner(canonical: { pool.canonical($0) }),
        backend: backend("Node", NodeBackend(engines: pool), histories.nodes) {
          if case .unregister = $0 { true } else { false }
        },
        offer: { Nodes.offer(of: $0, canonical: { pool.canonical($0) }) },
        claims: { NodeClaims.of($0, in: $1, canonical: { pool.canonical($0) }) },
        export: { nodes.export($0, $1, $2) }),
      Kind(
        ServiceSpec.self, planner: ServicePlanner(),
        backend: backend(
          "Service", ServiceBackend(workloads),
          histories.services
        ) { if case .remove = $0 { true } else { false } },
        claims: { ServiceClaims.of($0, in: $1, canonical: { pool.canonical($0) }) }, isMovable: true,
        export: ContainerExport.export),
      Kind(
        ModuleSpec.self, planner: ModulePlanner(),
        backend: backend(
          "Module", ModuleBackend(workloads), histories.modules
        ) { if case .remove = $0 { true } else { false } },
        offer: { .work($0.spec.work) }, export: ModuleExport.export),
    ]
    fakes = AnyBackend(backend("Fake", SimulatedFakes(world: world), histories.fakes) { $0 == .delete })
  }

  func engine(progress: @escaping ProgressHandler) -> Engine {
    let passes = Mutex(0)
    let name = process.name
    return Engine(
      backends: kinds.backends.merging(["Fake": fakes]) { _, fake in fake },
      planner: EnginePlanner(
        Planner(planners: kinds.planners.merging(["Fake": AnyPlanner(FakePlanner())]) { _, fake in fake })),
      store: SimulatedStore(world, client: name),
      time: world.time.source, owner: World.owner, offers: { kinds.offers($0) },
      ownershipRules: kinds.ownershipRules,
      nextPassName: {
        passes.withLock { count in
          count += 1
          return "\(name) pass \(count)"
        }
      }, gracefulStop: process.gracefulStop, progress: progress)
  }
}

/// Earlier observations of every kind, by any process.
final class ObservationHistories: Sendable {
  let fakes = ObservationHistory<FakeObserved>()
  let databases = ObservationHistory<DatabaseObserved>()
  let prices = ObservationHistory<PriceMapObserved>()
  let ledgers = ObservationHistory<LedgerObserved>()
  let schedulers = ObservationHistory<SchedulerObserved>()
  let environments = ObservationHistory<EnvironmentObserved>()
  let backups = ObservationHistory<BackupPolicyObserved>()
  let nodes = ObservationHistory<NodeObservation>()
  let services = ObservationHistory<WorkloadObservation>()
  let modules = ObservationHistory<WorkloadObservation>()
}
