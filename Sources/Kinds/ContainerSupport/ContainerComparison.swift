package import Model

/// Decides what happens to the containers of one replica. Pure.
package struct ContainerComparison {
  /// In which order a replacement goes.
  package enum Replacement: Sendable {
    /// The new one must be healthy before the old one goes: nothing that works is ever taken away.
    case newFirst
    /// Old and new cannot live side by side.
    case oldFirst
  }

  /// Steps of one replica, by the phase in which they run.
  package struct Steps: Sendable {
    /// Brings back what should already be there.
    package var healing: [Step<ContainerOperation>] = []
    /// Brings what changed.
    package var rollout: [Step<ContainerOperation>] = []
    /// Takes away what nothing asks for.
    package var removal: [Step<ContainerOperation>] = []

    package init() {}

    package var inOrder: [Step<ContainerOperation>] { healing + rollout + removal }

    package mutating func append(_ other: Steps) {
      healing += other.healing
      rollout += other.rollout
      removal += other.removal
    }
  }

  let plan: ContainerPlan
  let found: [ContainerObservation]
  let replacement: Replacement
  /// What changed in the manifest since it was last applied.
  let specChanges: [FieldChange]

  /// - Parameter found: all containers of this replica, on whatever engine.
  package init(
    _ plan: ContainerPlan, found: [ContainerObservation], replacement: Replacement,
    specChanges: [FieldChange] = []
  ) {
    self.plan = plan
    self.found = found.sorted(by: ContainerComparison.isBetter)
    self.replacement = replacement
    self.specChanges = specChanges
  }

  package var steps: Steps {
    var steps = Steps()
    guard let keeper = found.first(where: { $0.wasMade(from: plan) }) else {
      guard let old = found.first else {
        steps.healing.append(create)
        return steps
      }
      steps.rollout.append(replace(old, because: reasonToReplace(old)))
      steps.removal = found.dropFirst().map { remove($0, because: "another of the same replica stays") }
      return steps
    }
    let others = found.filter { $0.id != keeper.id }
    if !keeper.isHealthy, let old = others.first(where: { !$0.wasMade(from: plan) }) {
      steps.rollout.append(replace(old, because: "its replacement was not finished"))
      steps.removal = others.filter { $0.id != old.id }.map { remove($0, because: "left from before") }
      return steps
    }
    steps.healing = heal(keeper)
    steps.removal = others.map { remove($0, because: "\(keeper.name) has taken its place") }
    return steps
  }

  /// Step to take away a container that nothing asks for any more.
  package static func remove(
    _ container: ContainerObservation, because reason: String, risk: Risk = .safe, note: String = ""
  ) -> Step<ContainerOperation> {
    Step(
      .delete, "remove container \(container.name)\(place(of: container))\(note)", because: reason,
      risk: risk,
      operation: .remove(container.handle))
  }

  private func remove(_ container: ContainerObservation, because reason: String) -> Step<ContainerOperation> {
    Self.remove(container, because: reason)
  }

  private var create: Step<ContainerOperation> {
    Step(
      .create,
      "create container \(plan.displayName)\(plan.displayPlace) from \(plan.template.image.displayName)",
      because: "not there yet", operation: .create(plan))
  }

  private func replace(_ old: ContainerObservation, because reason: String) -> Step<ContainerOperation> {
    let image = plan.template.image.displayName
    let summary = "replace container \(plan.displayName)\(plan.displayPlace) by one from \(image)"
    switch replacement {
    case .newFirst:
      return Step(
        .replace, "\(summary), the old one goes when the new one is healthy", because: reason,
        fields: specChanges, operation: .replaceAfter(plan, old: old.handle))
    case .oldFirst:
      return Step(
        .replace, "\(summary), the old one is stopped first", because: reason, risk: .disruptive,
        fields: specChanges, operation: .replaceBefore(plan, old: old.handle))
    }
  }

  private func reasonToReplace(_ old: ContainerObservation) -> String {
    if old.state == .dead { return "the old one is dead" }
    if old.adopted != nil { return "the adopted container \(old.name) is not what is declared any more" }
    if old.labels.node != plan.node || old.engine != plan.engine {
      return "\(old.labels.node?.description ?? old.engine.description) is no place for it any more"
    }
    if let image = PinnedImage(old.image), image.digest != plan.template.image.digest {
      return "image changed from \(image.displayName)"
    }
    return "what it is made from changed"
  }

  /// Steps for a container that was made from the plan but does not live as it should.
  private func heal(_ keeper: ContainerObservation) -> [Step<ContainerOperation>] {
    var steps: [Step<ContainerOperation>] = []
    let changes = keeper.limits.changes(to: plan.limits)
    if !changes.isEmpty {
      let isDeclared = specChanges.contains { $0.path.hasPrefix("limits") }
      steps.append(
        Step(
          .update, "set limits of container \(plan.displayName)\(plan.displayPlace)",
          because: isDeclared ? "limits changed" : "limits were changed outside", fields: changes,
          operation: .update(keeper.handle, plan.limits)))
    }
    if let reason = reasonToStart(keeper) {
      steps.append(
        Step(
          .run, "start container \(plan.displayName)\(plan.displayPlace)", because: reason,
          operation: .start(keeper.handle, plan)))
    }
    return steps
  }

  private func reasonToStart(_ keeper: ContainerObservation) -> String? {
    switch keeper.state {
    case .running, .restarting, .dead: nil
    case .created: "it was created but never started"
    case .paused: "it is paused"
    case .exited where keeper.wasKilledForMemory: "it was stopped for using more than its memory limit"
    case .exited(let code): "it exited with code \(code)"
    }
  }

  private static func place(of container: ContainerObservation) -> String {
    container.labels.node.map { " on \($0)" } ?? ""
  }

  /// Healthy before running before anything else, then by name, so that a choice never depends on order.
  private static func isBetter(_ a: ContainerObservation, _ b: ContainerObservation) -> Bool {
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
