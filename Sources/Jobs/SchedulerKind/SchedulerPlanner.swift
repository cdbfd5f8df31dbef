internal import Manifests
package import Model
internal import Placement
package import Planning

/// From what schedulers know to what manifests say: settings, nodes, modules, accounts, files for Kubernetes.
package struct SchedulerPlanner: ResourcePlanner {
  package init() {}

  package func plan(
    _ desired: Resource<SchedulerSpec>?, _ observed: SchedulerObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<SchedulerOperation> {
    guard let desired else { return leave(observed, context.id.name) }
    try refuseMove(of: desired, context)
    if let other = observed?.other, observed?.settings == nil {
      return .waiting(
        on: "\(desired.spec.database) has Scheduler/\(other), and a database has one scheduler")
    }
    let nodes = context.surroundings.offers.schedulerNodes
    let modules = context.surroundings.offers.schedulerModules
    let steps =
      settings(desired, observed, context)
      + accounts(nodes, modules, observed)
      + told(nodes, observed?.nodes ?? [:])
      + told(modules, observed?.modules ?? [:])
      + retired(nodes, modules, observed)
      + files(desired.spec, observed)
    return steps.isEmpty ? .upToDate : .steps(steps)
  }

  private func leave(_ observed: SchedulerObserved?, _ name: String) -> PlanOutcome<SchedulerOperation> {
    guard let observed else { return .upToDate }
    var steps = observed.files.keys.sorted().filter { observed.files[$0].map(KEDAManifest.isOurs) ?? false }
      .map { file in
        Step(
          .delete, "remove \(file)", because: "left the manifests",
          operation: SchedulerOperation.remove(file: file))
      }
    if observed.settings != nil {
      steps.append(
        Step(
          .delete, "leave the jobs of \(name) alone; nodes, modules and jobs stay",
          because: "left the manifests", risk: .disruptive, operation: .leave))
    }
    return steps.isEmpty ? .upToDate : .steps(steps)
  }

  /// Jobs are not moved by a manifest.
  private func refuseMove(of desired: Resource<SchedulerSpec>, _ context: PlanContext) throws(PlanError) {
    guard let applied = context.lastApplied?.spec as? SchedulerSpec,
      applied.database.id != desired.spec.database.id
    else { return }
    throw PlanError(
      "the jobs of \(desired.id) are in \(applied.database), and no manifest moves them to \(desired.spec.database)",
      hint:
        "write `database: \(applied.database)`, or give the other database a Scheduler of its own name")
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
          .create, "take the jobs of \(desired.spec.database) in charge: \(wanted.text)",
          because: "not there yet", operation: operation)
      ]
    }
    let isDrift = context.lastApplied?.digest == desired.digest
    return [
      Step(
        .update, "tell running schedulers their settings: \(wanted.text)",
        because: isDrift
          ? "they were told others though the manifest did not change" : "the manifest changed",
        fields: FieldChange.between(desired.spec.with(recorded).value, desired.spec.value),
        operation: operation)
    ]
  }

  private func accounts(
    _ nodes: [String: SchedulerNode], _ modules: [String: SchedulerModule], _ observed: SchedulerObserved?
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
        because: "nodes and modules earn into \(owners.count + developers.count == 1 ? "it" : "them")",
        operation: .openAccounts(owners: owners, developers: developers))
    ]
  }

  private func told(
    _ nodes: [String: SchedulerNode], _ rows: [String: SchedulerObserved.Known<SchedulerNode>]
  ) -> [Step<SchedulerOperation>] {
    let wanted = nodes.mapValues { node in
      var node = node
      node.gpuCount = max(node.gpuCount, rows[node.name]?.fewestGPUs ?? 0)
      return node
    }
    return steps(of: "Node", wanted, rows, value: \.value) { .tellNodes($0) }
  }

  private func told(
    _ modules: [String: SchedulerModule], _ rows: [String: SchedulerObserved.Known<SchedulerModule>]
  ) -> [Step<SchedulerOperation>] {
    steps(of: "Module", modules, rows, value: \.value) { .tellModules($0) }
  }

  /// However many there are, at most one step each for new ones, changed ones and ones that come back.
  private func steps<Entry: Hashable & Sendable>(
    of kind: String, _ wanted: [String: Entry], _ rows: [String: SchedulerObserved.Known<Entry>],
    value: (Entry) -> Value, _ operation: ([Entry]) -> SchedulerOperation
  ) -> [Step<SchedulerOperation>] {
    let names = wanted.keys.sorted()
    let new = names.filter { rows[$0] == nil }
    let back = names.filter { rows[$0]?.isRetired == true }
    let changed = names.filter { rows[$0]?.isRetired == false && rows[$0]?.entry != wanted[$0] }
    func step(_ action: StepAction, _ names: [String], _ verb: String, because reason: String)
      -> [Step<SchedulerOperation>]
    {
      guard !names.isEmpty else { return [] }
      let fields =
        action == .create || names.count > SchedulerPlanner.mostListed
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
    return step(.create, new, "tell the scheduler of", because: "not known there yet")
      + step(
        .update, changed, "tell the scheduler anew of",
        because: "\(changed.count == 1 ? "it is" : "they are") not as declared there")
      + step(
        .update, back, "bring back", because: "\(back.count == 1 ? "it was" : "they were") retired before")
  }

  private func retired(
    _ nodes: [String: SchedulerNode], _ modules: [String: SchedulerModule], _ observed: SchedulerObserved?
  ) -> [Step<SchedulerOperation>] {
    let oldNodes = (observed?.nodes ?? [:]).filter { nodes[$0.key] == nil && !$0.value.isRetired }.keys
      .sorted()
    let oldModules = (observed?.modules ?? [:]).filter { modules[$0.key] == nil && !$0.value.isRetired }.keys
      .sorted()
    guard !oldNodes.isEmpty || !oldModules.isEmpty else { return [] }
    let all = oldModules.map { "Module/\($0)" } + oldNodes.map { "Node/\($0)" }
    return [
      Step(
        .update, "retire \(listed(all)): no new jobs, what runs goes on",
        because: "\(all.count == 1 ? "it is" : "they are") not declared any more",
        operation: .retire(nodes: oldNodes, modules: oldModules))
    ]
  }

  private func files(_ spec: SchedulerSpec, _ observed: SchedulerObserved?) -> [Step<SchedulerOperation>] {
    var steps: [Step<SchedulerOperation>] = []
    let manifest = KEDAManifest(spec)
    if let manifest, observed?.files[manifest.file] != manifest.text {
      let isThere = observed?.files[manifest.file] != nil
      steps.append(
        Step(
          isThere ? .update : .create, "write \(manifest.file) for Kubernetes",
          because: isThere ? "it says something else" : "not there yet",
          operation: .write(file: manifest.file, text: manifest.text)))
    }
    for (file, text) in (observed?.files ?? [:]).sorted(by: { $0.key < $1.key })
    where file != manifest?.file && KEDAManifest.isOurs(text) {
      steps.append(
        Step(
          .delete, "remove \(file)", because: "schedulers are declared elsewhere now",
          operation: .remove(file: file)))
    }
    return steps
  }

  static let mostListed = 3

  /// `Node/a, Node/b, Node/c and 9997 more`.
  private func listed(_ names: [String]) -> String {
    let shown = names.prefix(SchedulerPlanner.mostListed).joined(separator: ", ")
    let rest = names.count - SchedulerPlanner.mostListed
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }
}

extension RecordedSettings {
  /// As people read them: `latency 0.7, earnings 0.3, 2 nodes then overflow, 1 to 10 as process`.
  var text: String {
    let latency = DecimalNumber(millionths: scheduling.latencyWeight)
    let earnings = DecimalNumber(millionths: scheduling.earningsWeight)
    let nodes = scheduling.differentNodes == 1 ? "1 node" : "\(scheduling.differentNodes) nodes"
    return
      "latency \(latency), earnings \(earnings), \(nodes) then \(scheduling.escalates ? "overflow" : "fail"), "
      + "\(replicas.min) to \(replicas.max) as \(runtime.name)"
  }
}
