import Billing
import Component
import ContainerFakes
import Databases
import Delivery
import Fleet
import Manifests
import Model
import Modules
import Planning
import Reconciling
import ReconcilingSupport
import Recovery
import Services
import Synchronization
import Workloads

/// All kinds as one process has them: the rooms' planners, and backends over the simulated systems.
struct SimulatedPlatform: Sendable {
  let backends: [String: AnyBackend]
  let planner: EnginePlanner
  let engines: EnginePool
  private let world: World
  private let process: SimulatedProcess

  init(_ world: World, _ process: SimulatedProcess) {
    self.world = world
    self.process = process
    let systems = world.systems
    let pool = EnginePool(local: Systems.local) { address throws(BackendError) in
      switch address {
      case Systems.local:
        return SimulatedEngine(world: world, process: process, inner: systems.engines[0], place: "engine 1")
      case Systems.second:
        return SimulatedEngine(world: world, process: process, inner: systems.engines[1], place: "engine 2")
      default: throw BackendError(code: "docker.unreachable", "Docker at \(address) is not reachable")
      }
    }
    engines = pool
    let workloads = WorkloadSupport(
      engines: pool,
      probe: { address, _ in
        let engine = address.address.hasPrefix("10.1.") ? systems.engines[0] : systems.engines[1]
        return engine.problem(at: address.address)
      }, secrets: { reference throws(BackendError) in try world.secret(reference) }, clock: world.time.clock)
    func backend<B: ResourceBackend>(
      _ kind: String, _ inner: B, _ past: Past<B.Observed>, removes: @escaping @Sendable (B.Operation) -> Bool
    ) -> (String, AnyBackend) {
      let simulated = SimulatedBackend(inner, kind, in: world, for: process, past: past, removes: removes)
      return (kind, AnyBackend(simulated))
    }
    let pasts = world.pasts
    backends = Dictionary(uniqueKeysWithValues: [
      backend("Fake", ThingBackend(world: world), pasts.things) { $0 == .delete },
      backend("Database", SimulatedDatabases(server: systems.server), pasts.databases) {
        $0 == .dropDatabase
      },
      backend("PriceMap", SimulatedPrices(server: systems.server), pasts.prices) {
        if case .write(let entries, _) = $0 { entries.isEmpty } else { false }
      },
      backend("Environment", SimulatedEnvironments(server: systems.server), pasts.environments) {
        $0 == .remove
      },
      backend("BackupPolicy", SimulatedBackups(world: world), pasts.backups) { $0 == .stopArchiving },
      backend("Node", NodeBackend(engines: pool), pasts.nodes) {
        if case .unregister = $0 { true } else { false }
      },
      backend(
        "Service", ServiceBackend(observer: workloads.observer, runner: workloads.runner), pasts.services
      ) { if case .remove = $0 { true } else { false } },
      backend("Module", ModuleBackend(observer: workloads.observer, runner: workloads.runner), pasts.modules)
      {
        if case .remove = $0 { true } else { false }
      },
    ])
    planner = EnginePlanner(
      Planner(planners: [
        "Fake": AnyPlanner(FakePlanner()),
        "Database": AnyPlanner(DatabasePlanner(migrations: SimulatedServer.migrations)),
        "PriceMap": AnyPlanner(PriceMapPlanner()), "Environment": AnyPlanner(EnvironmentPlanner()),
        "BackupPolicy": AnyPlanner(BackupPolicyPlanner()),
        "Node": AnyPlanner(NodePlanner(canonical: { pool.canonical($0) })),
        "Service": AnyPlanner(ServicePlanner()), "Module": AnyPlanner(ModulePlanner()),
      ]))
  }

  func engine(progress: @escaping ProgressHandler) -> Engine {
    let passes = Mutex(0)
    let name = process.name
    return Engine(
      backends: backends, planner: planner, store: SimulatedStore(world, who: name),
      time: world.time.source, owner: World.owner, offers: { offers($0) },
      nextPassName: {
        passes.withLock { count in
          count += 1
          return "\(name) pass \(count)"
        }
      }, drain: process.drain, progress: progress)
  }

  private func offers(_ resources: [AnyResource]) -> Offers {
    var offers = Offers()
    for resource in resources {
      if let node = resource.typed(as: NodeSpec.self) {
        if let offer = Fleet.offer(of: node, canonical: { engines.canonical($0) }) {
          offers.add(offer, from: node.id)
        }
      } else if let database = resource.typed(as: DatabaseSpec.self) {
        offers.add(
          .database(DatabaseOffer(address: database.spec.address(of: database.id))), from: database.id)
      }
    }
    return offers
  }
}

/// What was seen before of every kind, by whatever process.
final class Pasts: Sendable {
  let things = Past<FakeObserved>()
  let databases = Past<DatabaseObserved>()
  let prices = Past<PriceMapObserved>()
  let environments = Past<EnvironmentObserved>()
  let backups = Past<BackupPolicyObserved>()
  let nodes = Past<NodeObservation>()
  let services = Past<WorkloadObservation>()
  let modules = Past<WorkloadObservation>()
}
