internal import Manifests
package import Model
internal import Placement
package import Planning

/// Plans a scheduler: its settings, the nodes and modules that it knows, the accounts that these earn into,
/// and the file for Kubernetes.
package struct SchedulerPlanner: ResourcePlanner {
  package init() {}

  package func plan(
    _ desired: Resource<SchedulerSpec>?, _ observed: SchedulerObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<SchedulerOperation> {
    guard let desired else { return leave(observed, context) }
    try refuseMove(of: desired, context)
    let former = context.movedFrom?.id.name
    if let other = observed?.other, observed?.settings == nil, other != former {
      return .waiting(
        on: "\(desired.spec.database) has Scheduler/\(other), and a database has one scheduler",
        resources: [desired.spec.database.id, ResourceID(kind: "Scheduler", name: other)])
    }
    let nodes = context.reconcile.offers.declaredNodes
    let modules = context.reconcile.offers.declaredModules
    let begin =
      observed?.settings == nil && observed?.other != nil
      ? rename(former ?? "", to: desired) : settings(desired, observed, context)
    let steps =
      begin
      + accounts(nodes, modules, observed)
      + record(nodes, observed?.nodes ?? [:])
      + record(modules, observed?.modules ?? [:])
      + retire(nodes, modules, observed)
      + files(desired.spec, observed)
    return PlanOutcome(steps: steps)
  }

  private func leave(
    _ observed: SchedulerObserved?, _ context: PlanContext
  ) -> PlanOutcome<SchedulerOperation> {
    guard let observed, context.reconcile.moves.move(from: context.id) == nil else { return .upToDate }
    var steps = observed.files.keys.sorted().filter {
      observed.files[$0].map(KEDAManifest.isGenerated) ?? false
    }
    .map { file in
      Step(
        .delete, "remove \(file)", because: "left the manifests",
        operation: SchedulerOperation.remove(file: file))
    }
    if observed.settings != nil {
      let database = (context.lastApplied?.spec as? SchedulerSpec)?.database.id
      let jobs =
        context.reconcile.offers.droppedDatabase(of: database).map {
          "its nodes, modules and jobs are dropped with database \($0)"
        } ?? "nodes, modules and jobs stay"
      steps.append(
        Step(
          .delete, "remove the settings of \(context.id.name); \(jobs)",
          because: "left the manifests", risk: .disruptive, operation: .leave))
    }
    return PlanOutcome(steps: steps)
  }

  /// A manifest cannot move jobs to another database.
  private func refuseMove(of desired: Resource<SchedulerSpec>, _ context: PlanContext) throws(PlanError) {
    guard let applied = (context.movedFrom ?? context.lastApplied)?.spec as? SchedulerSpec,
      !context.reconcile.isSameDatabase(desired.spec.database.id, as: applied.database.id)
    else { return }
    throw PlanError(
      "the jobs of \(desired.id) are in \(applied.database); a manifest cannot move them to "
        + "\(desired.spec.database)",
      hint:
        "write `database: \(applied.database)`, or give the other database a Scheduler with another name")
  }

  /// The settings are recorded again, because they may have changed with the name.
  private func rename(
    _ former: String, to desired: Resource<SchedulerSpec>
  ) -> [Step<SchedulerOperation>] {
    let settings = desired.spec.settings
    return [
      Step(
        .update, "rename the scheduler \(former) to \(desired.id.name)",
        because: "the resource has another name now", operation: .rename(from: former)),
      Step(
        .update, "record the settings: \(settings.text)", because: "the resource has another name now",
        operation: .record(settings: settings.value.json)),
    ]
  }

  private func settings(
    _ desired: Resource<SchedulerSpec>, _ observed: SchedulerObserved?, _ context: PlanContext
  ) -> [Step<SchedulerOperation>] {
    let wanted = desired.spec.settings
    guard observed?.settings != wanted else { return [] }
    let operation = SchedulerOperation.record(settings: wanted.value.json)
    guard let recorded = observed?.settings else {
      return [
        Step(
          .create, "schedule the jobs of \(desired.spec.database): \(wanted.text)",
          because: "the scheduler does not exist yet", operation: operation)
      ]
    }
    let isDrift = context.lastApplied?.digest == desired.digest
    return [
      Step(
        .update, "change the settings: \(wanted.text)",
        because: isDrift
          ? "they were changed although the manifest did not change" : "the manifest changed",
        fields: FieldChange.between(desired.spec.with(recorded).value, desired.spec.value),
        operation: operation)
    ]
  }

  private func accounts(
    _ nodes: [String: FleetNode], _ modules: [String: FleetModule], _ observed: SchedulerObserved?
  ) -> [Step<SchedulerOperation>] {
    func missing(_ names: some Sequence<String>) -> [String] {
      Set(names).filter { !$0.isEmpty && observed?.missingAccounts.contains($0) ?? true }.sorted()
    }
    let owners = missing(nodes.values.map(\.owner))
    let developers = missing(modules.values.map(\.developer)).filter { !owners.contains($0) }
    guard !owners.isEmpty || !developers.isEmpty else { return [] }
    return [
      Step(
        .create, "open \(listed((owners + developers).map { "account/\($0)" }))",
        because: "nodes and modules earn into \(pronoun(owners + developers))",
        operation: .openAccounts(owners: owners, developers: developers))
    ]
  }

  private func record(
    _ nodes: [String: FleetNode], _ rows: [String: SchedulerObserved.Recorded<FleetNode>]
  ) -> [Step<SchedulerOperation>] {
    let wanted = nodes.mapValues { node in
      var node = node
      let missing = max((rows[node.name]?.gpusInUse ?? 0) - node.gpuUsed.count, 0)
      node.gpuUsed += Array(repeating: 0, count: missing)
      return node
    }
    return steps(of: "Node", wanted, rows, value: \.declaration) { .recordNodes($0) }
  }

  private func record(
    _ modules: [String: FleetModule], _ rows: [String: SchedulerObserved.Recorded<FleetModule>]
  ) -> [Step<SchedulerOperation>] {
    steps(of: "Module", modules, rows, value: \.declaration) { .recordModules($0) }
  }

  /// At most one step each for new entries, changed ones and retired ones that are declared again.
  private func steps<Entry: Hashable & Sendable>(
    of kind: String, _ wanted: [String: Entry], _ rows: [String: SchedulerObserved.Recorded<Entry>],
    value: (Entry) -> Value, _ operation: ([Entry]) -> SchedulerOperation
  ) -> [Step<SchedulerOperation>] {
    let names = wanted.keys.sorted()
    let new = names.filter { rows[$0] == nil }
    let retired = names.filter { rows[$0]?.isRetired == true }
    let changed = names.filter { rows[$0]?.isRetired == false && rows[$0]?.entry != wanted[$0] }
    func step(_ action: StepAction, _ verb: String, _ names: [String], because reason: String)
      -> [Step<SchedulerOperation>]
    {
      guard !names.isEmpty else { return [] }
      let fields =
        action == .create || names.count > SchedulerPlanner.listLimit
        ? []
        : names.flatMap { name in
          FieldChange.between(
            rows[name].map { value($0.entry) }, wanted[name].map(value), at: names.count == 1 ? "" : name)
        }
      return [
        Step(
          action, "\(verb) \(listed(names.map { "\(kind)/\($0)" }))", because: reason, fields: fields,
          operation: operation(names.compactMap { wanted[$0] }))
      ]
    }
    return step(.create, "add", new, because: "\(verb(new)) not recorded yet")
      + step(.update, "update", changed, because: "\(verb(changed)) recorded differently")
      + step(
        .update, "restore", retired,
        because: retired.count == 1 ? "it was retired before" : "they were retired before")
  }

  private func retire(
    _ nodes: [String: FleetNode], _ modules: [String: FleetModule], _ observed: SchedulerObserved?
  ) -> [Step<SchedulerOperation>] {
    let oldNodes = (observed?.nodes ?? [:]).filter { nodes[$0.key] == nil && !$0.value.isRetired }.keys
      .sorted()
    let oldModules = (observed?.modules ?? [:]).filter { modules[$0.key] == nil && !$0.value.isRetired }.keys
      .sorted()
    guard !oldNodes.isEmpty || !oldModules.isEmpty else { return [] }
    let all = oldModules.map { "Module/\($0)" } + oldNodes.map { "Node/\($0)" }
    return [
      Step(
        .update, "retire \(listed(all)): no new jobs, running attempts continue",
        because: "\(verb(all)) no longer declared",
        operation: .retire(nodes: oldNodes, modules: oldModules))
    ]
  }

  private func files(_ spec: SchedulerSpec, _ observed: SchedulerObserved?) -> [Step<SchedulerOperation>] {
    var steps: [Step<SchedulerOperation>] = []
    let manifest = KEDAManifest(spec)
    if let manifest, observed?.files[manifest.file] != manifest.text {
      let exists = observed?.files[manifest.file] != nil
      steps.append(
        Step(
          exists ? .update : .create, "write \(manifest.file) for Kubernetes",
          because: exists ? "its text differs" : "it does not exist yet",
          operation: .write(file: manifest.file, text: manifest.text)))
    }
    for (file, text) in (observed?.files ?? [:]).sorted(by: { $0.key < $1.key })
    where file != manifest?.file && KEDAManifest.isGenerated(text) {
      steps.append(
        Step(
          .delete, "remove \(file)", because: "schedulers no longer run there",
          operation: .remove(file: file)))
    }
    return steps
  }

  static let listLimit = 3

  private func verb(_ names: [String]) -> String { names.count == 1 ? "it is" : "they are" }
  private func pronoun(_ names: [String]) -> String { names.count == 1 ? "it" : "them" }

  /// `Node/a, Node/b, Node/c and 9997 more`.
  private func listed(_ names: [String]) -> String {
    let shown = names.prefix(SchedulerPlanner.listLimit).joined(separator: ", ")
    let rest = names.count - SchedulerPlanner.listLimit
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }
}

extension RecordedSettings {
  /// For people: `latency 0.7, earnings 0.3, 2 nodes then overflow, 1 to 10 as process`.
  var text: String {
    let latency = DecimalNumber(millionths: scheduling.latencyWeight)
    let earnings = DecimalNumber(millionths: scheduling.earningsWeight)
    let nodes = scheduling.differentNodes == 1 ? "1 node" : "\(scheduling.differentNodes) nodes"
    return
      "latency \(latency), earnings \(earnings), \(nodes) then "
      + "\(scheduling.escalates ? "overflow" : "fail"), \(replicas.min) to \(replicas.max) as \(runtime.name)"
  }
}
