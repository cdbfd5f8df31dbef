internal import ContainerSupport
internal import Model
internal import Planning

/// Adds drains to the steps of a module: no container with jobs is changed or removed before its jobs ended
/// or the limit of the drain is over. Pure.
struct ModuleDrains {
  private typealias Steps = [Step<ContainerOperation>]

  private let module: ResourceID
  private let work: RunningWork
  private let limit: TimeSpan
  /// The module's containers, by id.
  private let found: [String: ContainerObservation]

  /// - Parameter limit: how long jobs may take to end.
  init(_ module: ResourceID, _ observed: WorkloadObservation?, within limit: TimeSpan) {
    self.module = module
    self.limit = limit
    work = observed?.work ?? .unscheduled
    found = Dictionary(
      (observed?.containers ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The steps with drains. While the jobs cannot be read, the steps that would end jobs wait.
  func outcome(_ steps: [Step<ContainerOperation>]) -> PlanOutcome<ContainerOperation> {
    switch work {
    case .unscheduled: return PlanOutcome(steps: steps)
    case .undrainable(let attempts): return PlanOutcome(steps: steps.map { counted($0, attempts) })
    case .known(let attempts, let drained): return PlanOutcome(steps: drain(steps, attempts, drained))
    case .unknown(let scheduler, let reason):
      let harmless = steps.filter { step in step.operation.ended.map { !mayRunJobs($0) } ?? true }
      guard harmless.isEmpty, !steps.isEmpty else { return PlanOutcome(steps: harmless) }
      return .waiting(
        on: "the jobs of \(scheduler), which cannot be read: \(reason)", resources: [scheduler])
    }
  }

  private func drain(
    _ steps: [Step<ContainerOperation>], _ attempts: [RunningAttempt], _ drained: [DrainScope: DrainState]
  ) -> [Step<ContainerOperation>] {
    var result: Steps = []
    // The jobs of each scope are counted once.
    var jobs = attempts.reduce(into: [DrainScope: Int]()) { $0[$1.scope, default: 0] += 1 }
    for step in steps {
      guard let old = step.operation.ended, let container = found[old.id] else {
        result.append(step)
        continue
      }
      let successor = step.operation.started?.template.image.digest
      let drain = drain(of: container, successor: successor, because: step.reason, &jobs)
      if case .replaceAfter(let plan, let old) = step.operation {
        result.append(
          Step(
            step.action, "create container \(plan.displayName) from \(plan.template.image.displayName)",
            because: step.reason, risk: step.risk, fields: step.fields,
            operation: .createBeside(plan, old: old)))
        result += drain
        result.append(
          ContainerComparison.remove(
            container, because: "its replacement is healthy", risk: risk(of: drain)))
      } else {
        result += drain
        result.append(step)
      }
    }
    return release(result, drained)
  }

  /// No step where no job can run in the container.
  private func drain(
    of container: ContainerObservation, successor: Digest?, because reason: String,
    _ jobs: inout [DrainScope: Int]
  ) -> Steps {
    guard container.mayRunJobs, let scope = DrainScope(container) else { return [] }
    let count = jobs.removeValue(forKey: scope)
    return [
      Step(
        .run, "drain container \(container.name) on \(scope.node), at most \(limit)", because: reason,
        risk: count == nil ? .safe : .disruptive, jobs: count,
        operation: .drain(
          scope, successor: successor == scope.image ? nil : successor, within: limit, because: reason))
    ]
  }

  private func risk(of drain: Steps) -> Risk { drain.map(\.risk).max() ?? .safe }

  // MARK: Releases

  /// Adds a step for each drained scope in which a container works after the steps: after the last drain of
  /// the scope, or where it was drained before, once its container is there.
  private func release(_ steps: Steps, _ drained: [DrainScope: DrainState]) -> Steps {
    let removed = Set(steps.compactMap { $0.operation.ended?.id })
    let staying = found.values.filter { !removed.contains($0.id) && $0.mayRunJobs }
    let kept = Set(staying.compactMap { DrainScope($0) })
    let made = Set(steps.compactMap { $0.operation.started.flatMap { DrainScope($0) } })
    var lastPositions: [DrainScope: Int] = [:]
    for scope in drained.keys where kept.contains(scope) { lastPositions[scope] = -1 }
    for (position, step) in steps.enumerated() {
      if let scope = step.operation.started.flatMap({ DrainScope($0) }), drained[scope] != nil {
        lastPositions[scope] = position
      }
      if let scope = scope(of: step) { lastPositions[scope] = position }
    }
    var result: Steps = []
    func appendReleases(at position: Int) {
      for scope in lastPositions.filter({ $0.value == position }).map(\.key).sorted(by: precedes)
      where kept.contains(scope) || made.contains(scope) {
        result.append(
          Step(
            .run, "let \(module) take jobs on \(scope.node) again",
            because: "its container there stays", operation: .release(scope)))
      }
    }
    appendReleases(at: -1)
    for (position, step) in steps.enumerated() {
      result.append(step)
      appendReleases(at: position)
    }
    return result
  }

  /// The scope that the step removes a container of.
  private func scope(of step: Step<ContainerOperation>) -> DrainScope? {
    guard case .remove(let handle) = step.operation else { return nil }
    return found[handle.id].flatMap { DrainScope($0) }
  }

  private func precedes(_ a: DrainScope, _ b: DrainScope) -> Bool {
    (a.node, a.image.hex) < (b.node, b.image.hex)
  }

  // MARK: Schedulers that cannot drain, or cannot be read

  private func counted(
    _ step: Step<ContainerOperation>, _ attempts: [RunningAttempt]
  ) -> Step<ContainerOperation> {
    guard let old = step.operation.ended, let container = found[old.id], container.mayRunJobs else {
      return step
    }
    let scope = DrainScope(container)
    let jobs = attempts.count { $0.scope == scope }
    guard jobs > 0 else { return step }
    return Step(
      step.action, step.summary, because: step.reason, risk: max(step.risk, .disruptive),
      fields: step.fields, jobs: jobs, operation: step.operation)
  }

  private func mayRunJobs(_ handle: ContainerHandle) -> Bool { found[handle.id]?.mayRunJobs ?? true }
}

extension ContainerOperation {
  /// The container that the operation removes, if it is one.
  fileprivate var ended: ContainerHandle? {
    switch self {
    case .remove(let old), .replaceAfter(_, let old), .replaceBefore(_, let old): old
    default: nil
    }
  }

  /// The container that works after the operation, if it is a new one.
  fileprivate var started: ContainerPlan? {
    switch self {
    case .create(let plan), .createBeside(let plan, old: _), .start(_, let plan),
      .replaceAfter(let plan, old: _), .replaceBefore(let plan, old: _):
      plan
    default: nil
    }
  }
}
