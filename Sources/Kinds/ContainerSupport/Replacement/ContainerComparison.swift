package import Model
package import Planning

/// Compares the containers of one replica with its plan and derives the steps. Pure.
package struct ContainerComparison {
  /// The order of a replacement.
  package enum Replacement: Sendable {
    /// The old container is removed once the new one is healthy. There is always a working container.
    case newFirst
    /// The old container stops first, because old and new cannot run at the same time.
    case oldFirst
  }

  /// Steps of replicas, by the phase in which they run.
  package struct Steps: Sendable {
    /// Frees host ports that the manifest does not declare any more.
    package var release: [Step<ContainerOperation>] = []
    /// Restores what the manifest already declared.
    package var healing: [Step<ContainerOperation>] = []
    /// Applies what changed.
    package var rollout: [Step<ContainerOperation>] = []
    /// Removes what is no longer declared.
    package var removal: [Step<ContainerOperation>] = []

    package init() {}

    package var inOrder: [Step<ContainerOperation>] { release + healing + rollout + removal }

    package mutating func append(_ other: Steps) {
      release += other.release
      healing += other.healing
      rollout += other.rollout
      removal += other.removal
    }
  }

  let plan: ContainerPlan
  let found: [ContainerObservation]
  let replacement: Replacement
  /// The changes of the manifest since it was last applied.
  let specChanges: [FieldChange]

  /// - Parameter found: all containers of this replica, on all engines.
  package init(
    _ plan: ContainerPlan, found: [ContainerObservation], replacement: Replacement,
    specChanges: [FieldChange] = []
  ) {
    self.plan = plan
    self.found = found.sorted(by: ContainerComparison.precedes)
    self.replacement = replacement
    self.specChanges = specChanges
  }

  package var steps: Steps {
    var steps = Steps()
    guard let current = found.first(where: { $0.satisfies(plan) }) else {
      guard let old = found.first else {
        steps.healing.append(create)
        return steps
      }
      steps.release = release(old)
      steps.rollout.append(replace(old, because: reasonToReplace(old)))
      steps.removal = found.dropFirst().map {
        Self.remove($0, because: "another container of the replica stays")
      }
      return steps
    }
    let others = found.filter { $0.id != current.id }
    if !current.isHealthy, let old = others.first(where: { !$0.satisfies(plan) }) {
      steps.release = release(old)
      steps.rollout.append(replace(old, because: "its replacement was not finished"))
      steps.removal = others.filter { $0.id != old.id }.map {
        Self.remove($0, because: "left from an earlier replacement")
      }
      return steps
    }
    steps.healing = heal(current)
    steps.removal = others.map { Self.remove($0, because: "\(current.name) replaced it") }
    return steps
  }

  /// The step that removes a container which is no longer declared.
  package static func remove(
    _ container: ContainerObservation, because reason: String, risk: Risk = .safe, note: String = ""
  ) -> Step<ContainerOperation> {
    let location = container.labels.node.map { " on \($0)" } ?? ""
    return Step(
      .delete, "remove container \(container.name)\(location)\(note)", because: reason, risk: risk,
      operation: .remove(container.handle))
  }

  /// Removes all containers of a resource that left the manifests.
  package static func removal(
    of observed: WorkloadObservation?, note: String = ""
  ) -> PlanOutcome<ContainerOperation> {
    PlanOutcome(
      steps: (observed?.containers ?? []).map {
        remove($0, because: "it left the manifests", risk: .disruptive, note: note)
      })
  }

  private var create: Step<ContainerOperation> {
    Step(
      .create, "create container \(plan.displayName) from \(plan.template.image.displayName)",
      because: "not there yet", operation: .create(plan))
  }

  /// The step that frees the host ports which the next container does not publish; none where it publishes
  /// all of them or the old one does not run.
  private func release(_ old: ContainerObservation) -> [Step<ContainerOperation>] {
    switch old.state {
    case .running, .restarting, .paused: break
    case .created, .exited, .dead: return []
    }
    let kept = old.engine == plan.engine ? Set(plan.template.ports.map(\.host)) : []
    let freed = Set(old.shape?.shape.ports.map(\.host) ?? []).subtracting(kept)
    guard !freed.isEmpty else { return [] }
    let ports = freed.map(\.description).sorted().joined(separator: ", ")
    return [
      Step(
        .run, "stop container \(old.name)",
        because: "host port \(ports) is not declared any more", risk: .disruptive, isRelease: true,
        operation: .stop(old.handle))
    ]
  }

  private func replace(_ old: ContainerObservation, because reason: String) -> Step<ContainerOperation> {
    let image = plan.template.image.displayName
    let summary = "replace container \(plan.displayName) with one from \(image)"
    switch replacement {
    case .newFirst:
      return Step(
        .replace, "\(summary), the old one is removed when the new one is healthy", because: reason,
        fields: fields(old), operation: .replaceAfter(plan, old: old.handle))
    case .oldFirst:
      return Step(
        .replace, "\(summary), the old one is stopped first", because: reason, risk: .disruptive,
        fields: fields(old), operation: .replaceBefore(plan, old: old.handle))
    }
  }

  private func reasonToReplace(_ old: ContainerObservation) -> String {
    if old.state == .dead { return "the old one is dead" }
    if old.adopted != nil { return "the adopted container \(old.name) does not match the manifest any more" }
    if old.labels.resource != plan.resource { return "moved from \(old.labels.resource)" }
    if old.labels.node != plan.node || old.engine != plan.engine {
      return "it must leave \(old.labels.node?.description ?? old.engine.description)"
    }
    if let image = PinnedImage(old.image), image.digest != plan.template.image.digest {
      return "image changed from \(image.displayName)"
    }
    if old.matches(plan) { return "it was changed outside" }
    return "its configuration changed"
  }

  /// The changes of the manifest, or what was changed outside where the manifest stayed the same.
  private func fields(_ old: ContainerObservation) -> [FieldChange] {
    guard specChanges.isEmpty, old.matches(plan) else { return specChanges }
    return old.changes(to: plan).filter { $0.cure == .replace }.map(\.change)
  }

  /// Steps for a container that was created from the plan but is not in the declared state.
  private func heal(_ container: ContainerObservation) -> [Step<ContainerOperation>] {
    var steps: [Step<ContainerOperation>] = []
    steps.append(contentsOf: update(container))
    let networks = container.changes(to: plan).filter { $0.cure == .connect }.map(\.change)
    if !networks.isEmpty {
      steps.append(
        Step(
          .update, "connect container \(plan.displayName) to its network", because: "it was changed outside",
          fields: networks, operation: .connect(container.handle, plan)))
      // It starts the container too.
      return steps
    }
    if let reason = reasonToStart(container) {
      steps.append(
        Step(
          .run, "start container \(plan.displayName)", because: reason,
          operation: .start(container.handle, plan)))
    }
    return steps
  }

  /// The step that corrects what can be changed while the container runs.
  private func update(_ container: ContainerObservation) -> [Step<ContainerOperation>] {
    let limits = container.limits.changes(to: plan.limits)
    let others = container.changes(to: plan).filter { $0.cure == .update }.map(\.change)
    guard !limits.isEmpty || !others.isEmpty else { return [] }
    let isDeclared = specChanges.contains { $0.path.hasPrefix("limits") }
    let subject = others.isEmpty ? "limits" : limits.isEmpty ? "settings" : "limits and settings"
    return [
      Step(
        .update, "set \(subject) of container \(plan.displayName)",
        because: isDeclared && others.isEmpty ? "limits changed" : "\(subject) were changed outside",
        fields: limits + others, operation: .update(container.handle, plan.limits))
    ]
  }

  private func reasonToStart(_ container: ContainerObservation) -> String? {
    switch container.state {
    case .running, .restarting, .dead: nil
    case .created: "it was created but never started"
    case .paused: "it is paused"
    case .exited where container.wasKilledForMemory: "it was stopped for using more than its memory limit"
    case .exited(let code): "it exited with code \(code)"
    }
  }

  /// Healthy before running before the others, then by name, so that the choice does not depend on the order
  /// of `found`.
  private static func precedes(_ a: ContainerObservation, _ b: ContainerObservation) -> Bool {
    (rank(a), a.name) < (rank(b), b.name)
  }

  private static func rank(_ container: ContainerObservation) -> Int {
    if container.isHealthy { return 0 }
    switch container.state {
    case .running: return 1
    case .restarting: return 2
    case .paused: return 3
    case .exited, .created: return 4
    case .dead: return 5
    }
  }
}

extension PlanContext {
  /// The changes of the manifest since it was last applied; empty where it never was.
  package func specChanges<Spec: ContainerizedSpec>(to desired: Resource<Spec>) -> [FieldChange] {
    lastApplied.map { FieldChange.between($0.spec.value, desired.spec.value) } ?? []
  }
}
