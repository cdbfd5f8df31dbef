import Manifests
import Model
import Modules
import Nodes
import Placement
import Reconciling
import SchedulerKind

/// The part of a scheduler's tables that the kind `Scheduler` observes, in memory.
struct SimulatedSchedulers: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<SchedulerSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<SchedulerObserved?, BackendError>]
  {
    var answers: [ResourceID: Result<SchedulerObserved?, BackendError>] = [:]
    for subject in subjects {
      let applied = (subject.lastApplied ?? subject.movedFrom)?.spec.database.id
      answers[subject.id] = SimulatedServer.database(
        context.presentDatabase(subject.desired?.spec.database.id, applied: applied), of: subject.id,
        in: context
      ).map { name in
        SimulatedSchedulers.observed(subject, server.now.databases[name], context.offers)
      }
    }
    return answers
  }

  private static func observed(
    _ subject: Subject<SchedulerSpec>, _ database: SimulatedServer.Database?, _ offers: Offers
  ) -> SchedulerObserved? {
    guard let database, database.hasJobs else { return nil }
    let jobs = database.jobs
    let settings = jobs.settings[subject.id.name]
    guard subject.desired != nil || settings != nil else { return nil }
    let (nodes, modules) = (offers.declaredNodes, offers.declaredModules)
    let accounts = Set(nodes.values.map(\.owner)).union(modules.values.map(\.developer))
    return SchedulerObserved(
      settings: settings, other: jobs.settings.keys.sorted().first { $0 != subject.id.name },
      nodes: jobs.nodes.filter { !$0.value.isRetired || nodes[$0.key] != nil },
      modules: jobs.modules.filter { !$0.value.isRetired || modules[$0.key] != nil },
      missingAccounts: accounts.subtracting(database.ledger.accounts))
  }

  func apply(
    _ operation: SchedulerOperation, to subject: Subject<SchedulerSpec>, in context: ReconcileContext
  )
    async throws(BackendError)
  {
    let name = try SimulatedServer.database(subject.spec?.database.id, of: subject.id, in: context).get()
    try server.change { state -> Result<Void, BackendError> in
      guard var database = state.databases[name], database.hasJobs else {
        return .failure(SimulatedServer.missing("the jobs in \(name)"))
      }
      switch operation {
      case .record(let json):
        guard let value = try? Value(json: json) else { return .failure(SimulatedServer.missing(json)) }
        database.jobs.settings[subject.id.name] = RecordedSettings(value)
      case .rename(let former):
        if let settings = database.jobs.settings.removeValue(forKey: former) {
          database.jobs.settings[subject.id.name] = settings
        }
      case .openAccounts(let owners, let developers):
        database.ledger.accounts.formUnion(owners + developers)
      case .recordNodes(let nodes):
        for node in nodes { database.jobs.nodes[node.name] = SchedulerObserved.Recorded(node) }
      case .recordModules(let modules):
        for module in modules { database.jobs.modules[module.name] = SchedulerObserved.Recorded(module) }
      case .retire(let nodes, let modules):
        for node in nodes { database.jobs.nodes[node]?.isRetired = true }
        for module in modules { database.jobs.modules[module]?.isRetired = true }
      case .leave: database.jobs.settings[subject.id.name] = nil
      case .write, .remove: break
      }
      state.databases[name] = database
      return .success(())
    }.get()
  }
}

extension SimulatedServer {
  /// The settings, nodes and modules that the schedulers of a database know.
  struct SchedulerState: Equatable, Sendable {
    var settings: [String: RecordedSettings] = [:]
    var waiting: Set<String> = []
    var nodes: [String: SchedulerObserved.Recorded<FleetNode>] = [:]
    var modules: [String: SchedulerObserved.Recorded<FleetModule>] = [:]
  }
}

extension Checks {
  /// The offers of the declared nodes and modules.
  private var declaredOffers: Offers {
    var offers = Offers()
    for resource in desired.resources {
      if let node = resource.typed(as: NodeSpec.self), let offer = Nodes.offer(of: node) {
        offers.add(offer, from: node.id)
      } else if let module = resource.spec as? ModuleSpec {
        offers.add(.work(module.work), from: resource.id)
      }
    }
    return offers
  }

  /// Schedulers whose settings, nodes or modules differ from the manifests.
  func schedulers() -> [String] {
    let offers = declaredOffers
    return desired.resources.flatMap { resource -> [String] in
      guard let spec = resource.spec as? SchedulerSpec else { return [] }
      guard let jobs = world.systems.server.now.databases[spec.database.id.name]?.jobs else {
        return ["\(resource.id) has no database"]
      }
      var wrong: [String] = []
      if jobs.settings != [resource.id.name: spec.settings] {
        wrong.append("\(resource.id) has different settings")
      }
      let nodes = jobs.nodes.filter { !$0.value.isRetired }.mapValues(\.entry)
      if nodes != offers.declaredNodes { wrong.append("\(resource.id) knows nodes \(nodes.keys.sorted())") }
      let modules = jobs.modules.filter { !$0.value.isRetired }.mapValues(\.entry)
      if modules != offers.declaredModules {
        wrong.append("\(resource.id) knows modules \(modules.keys.sorted())")
      }
      return wrong
    }
  }
}
