import Concurrency
package import Model

/// Resolves a secret reference at the moment its value is needed.
package typealias SecretLookup = @Sendable (SecretReference) async throws(BackendError) -> Secret

/// Executes operations on containers.
package struct ContainerRunner: Sendable {
  private let engines: EnginePool
  private let secrets: SecretLookup
  private let poller: HealthPoller

  package init(
    engines: EnginePool, probe: HealthProbe, secrets: @escaping SecretLookup,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.engines = engines
    self.secrets = secrets
    poller = HealthPoller(probe: probe, clock: clock)
  }

  /// Returns once the operation is complete and its container is healthy.
  /// - Throws: `health.failed` with the last lines of the container's output, `container.foreign`,
  ///   `volume.foreign`, and the errors of the engine and of `SecretLookup`.
  package func run(_ operation: ContainerOperation, _ marks: Marks) async throws(BackendError) {
    switch operation {
    case .create(let plan):
      let engine = try engines.engine(at: plan.engine)
      let made = try await make(plan, on: engine, marks)
      try await bringUp(made, plan, on: engine)
    case .replaceAfter(let plan, let old):
      try await replaceAfter(plan, old: old, marks)
    case .replaceBefore(let plan, let old):
      try await replaceBefore(plan, old: old, marks)
    case .createBeside(let plan, let old):
      try await createBeside(plan, old: old, marks)
    case .start(let handle, let plan):
      // An adopted container already has its secrets.
      let secrets = handle.isAdopted ? nil : try await environment(of: plan)
      try await bringUp(
        Made(id: handle.id, environment: secrets), plan, on: try engines.engine(at: handle.engine))
    case .update(let handle, let limits):
      try await engines.engine(at: handle.engine).update(handle.id, to: limits)
    case .connect(let handle, let plan):
      try await connect(handle, plan)
    case .stop(let handle):
      try await engines.engine(at: handle.engine).stop(handle.id)
    case .remove(let handle):
      let engine = try engines.engine(at: handle.engine)
      try await engine.stop(handle.id)
      try await remove(handle, on: engine)
    case .drain, .release:
      // `ContainerBackend` runs these where it knows schedulers.
      throw BackendError(code: "work.unknown", "this controller knows no schedulers", retry: .afterChange)
    }
  }

  /// An existing container, and the values that must not appear in an error about it.
  private struct Made {
    let id: String
    /// Nil where the values are unknown.
    let environment: [String: Secret]?
  }

  private func replaceAfter(
    _ plan: ContainerPlan, old: ContainerHandle, _ marks: Marks
  ) async throws(BackendError) {
    try await createBeside(plan, old: old, marks)
    try await run(.remove(old), marks)
  }

  private func createBeside(
    _ plan: ContainerPlan, old: ContainerHandle, _ marks: Marks
  ) async throws(BackendError) {
    let engine = try engines.engine(at: plan.engine)
    try await freeName(of: plan, from: old, marks)
    let new = try await make(plan, on: engine, marks)
    do throws(BackendError) {
      try await bringUp(new, plan, on: engine)
    } catch {
      // If the removal fails, the next plan finds the container and tries the replacement again.
      try? await engine.remove(new.id)
      throw error.adding("the old container \(old.name) was not changed")
    }
  }

  /// A cancellation of the task cancels the wait for the new container's health. The old container is then
  /// started again, whatever cancelled the task.
  private func replaceBefore(
    _ plan: ContainerPlan, old: ContainerHandle, _ marks: Marks
  ) async throws(BackendError) {
    let engine = try engines.engine(at: plan.engine)
    let oldEngine = try engines.engine(at: old.engine)
    try await freeName(of: plan, from: old, marks)
    let new = try await make(plan, on: engine, marks)
    do throws(BackendError) {
      try await UncancellableTask.runOnce {
        await Result { () async throws(BackendError) in try await oldEngine.stop(old.id) }
      }.get()
      try await bringUp(new, plan, on: engine)
    } catch {
      let end = await UncancellableTask.runOnce {
        try? await engine.remove(new.id)
        return await Result { () async throws(BackendError) in try await oldEngine.start(old.id) }
      }
      guard case .failure(let second) = end else {
        throw error.adding("the old container \(old.name) was started again")
      }
      throw error.adding("the old container \(old.name) could not be started again: \(second.message)")
    }
    try await remove(old, on: oldEngine)
  }

  private func connect(
    _ handle: ContainerHandle, _ plan: ContainerPlan
  ) async throws(BackendError) {
    let engine = try engines.engine(at: handle.engine)
    let secrets = try await environment(of: plan)
    func networks() async throws(BackendError) -> (found: Set<String>, isPublished: Bool) {
      guard let container = try await engine.container(handle.id)?.observation else { return ([], true) }
      let ports = container.changes(to: plan).contains { $0.change.path == "ports" }
      return (container.shape?.shape.networks ?? [], !ports)
    }
    let found = try await networks().found
    if !found.contains(ContainerShape.network) {
      try await engine.connect(handle.id, to: ContainerShape.network)
    }
    for other in found.sorted() where other != ContainerShape.network {
      try await engine.disconnect(handle.id, from: other)
    }
    // Engines may publish ports only when the container starts.
    if try await !networks().isPublished { try await engine.stop(handle.id) }
    try await bringUp(Made(id: handle.id, environment: secrets), plan, on: engine)
  }

  private func remove(_ handle: ContainerHandle, on engine: any ContainerEngine) async throws(BackendError) {
    if handle.isAdopted {
      try await engine.removeKeepingVolumes(handle.id)
    } else {
      try await engine.remove(handle.id)
    }
  }

  /// Renames the old container where it has the new one's name: both were created from the same template.
  private func freeName(
    of plan: ContainerPlan, from old: ContainerHandle, _ marks: Marks
  ) async throws(BackendError) {
    guard old.name == plan.containerName(marks), old.engine == plan.engine else { return }
    try await engines.engine(at: old.engine).rename(old.id, to: "\(old.name)-old")
  }

  /// Creates the container, or continues with the one that an interrupted run created under the same name.
  private func make(
    _ plan: ContainerPlan, on engine: any ContainerEngine, _ marks: Marks
  ) async throws(BackendError) -> Made {
    let name = plan.containerName(marks)
    let labels = ContainerLabels(of: plan, marks: marks)
    let environment = try await environment(of: plan)
    for volume in plan.volumes.keys.sorted() {
      try await engine.ensureVolume(volume, labels: marks.labels(ofVolumeOf: plan.resource)) {
        marks.include($0, ofVolume: volume, of: plan.resource)
      }
    }
    try await checkExternalVolumes(plan, on: engine)
    let request = ContainerRequest(
      name: name, labels: labels, template: plan.template, limits: plan.limits,
      startPeriod: plan.health.within, environment: environment, mounts: plan.mounts)
    do throws(BackendError) {
      let id = try await engine.create(request)
      try await verify(id, plan, on: engine)
      return Made(id: id, environment: environment)
    } catch {
      guard error.code == "docker.nameTaken" else { throw error }
      // An interrupted run created the container, or another process applies the same plan. Engines reserve
      // the name shortly before they list the container.
      for _ in 0..<ContainerRunner.maxLookups {
        if let id = try await existing(plan, name, labels, on: engine) {
          return Made(id: id, environment: environment)
        }
        guard (try? await poller.clock.sleep(for: .milliseconds(100))) != nil else { break }
      }
      throw error
    }
  }

  /// Fails where an external volume is missing, because the engine would create an empty one.
  private func checkExternalVolumes(_ plan: ContainerPlan, on engine: any ContainerEngine)
    async throws(BackendError)
  {
    guard !plan.template.externalVolumes.isEmpty else { return }
    let existing = try await engine.volumes(labelled: [:])
    for name in plan.template.externalVolumes.keys.sorted() where existing[name] == nil {
      throw BackendError(
        code: "volume.missing",
        "\(plan.engine.description) has no volume \(name), which \(plan.resource) names",
        hint: "create it, or move it under `volumes` to start with an empty one", retry: .afterChange)
    }
  }

  /// Removes a new container that the engine created otherwise than requested. On such an engine each
  /// replacement would need another one; the old container stays unchanged instead.
  private func verify(
    _ id: String, _ plan: ContainerPlan, on engine: any ContainerEngine
  ) async throws(BackendError) {
    guard let made = try await engine.container(id)?.observation else { return }
    let fields = made.changes(to: plan).filter { $0.cure == .replace }.map(\.change.path)
    guard !fields.isEmpty else { return }
    try await engine.remove(id)
    throw BackendError(
      code: "container.differs",
      "\(plan.engine.description) created container \(plan.displayName) with other settings than declared: "
        + fields.joined(separator: ", "),
      hint: "correct the engine’s own configuration, such as its daemon.json", retry: .afterChange)
  }

  private static let maxLookups = 50

  /// The container that already has the name, after its limits were set to the plan's. Nil: the name is free.
  /// - Throws: `container.foreign` where that container was not created from this plan.
  private func existing(
    _ plan: ContainerPlan, _ name: String, _ labels: ContainerLabels, on engine: any ContainerEngine
  ) async throws(BackendError) -> String? {
    guard let holder = try await engine.holder(ofName: name) else { return nil }
    guard labels.dictionary.allSatisfy({ holder.labels[$0.key] == $0.value }) else {
      throw BackendError(
        code: "container.foreign",
        "\(plan.engine.description) has a container \(name) that was not created for \(plan.resource); it "
          + "belongs to \(ContainerLabels.ownerPhrase(holder.labels))",
        hint: "rename or remove it; the controller never changes it", retry: .afterChange)
    }
    try await engine.update(holder.id, to: plan.limits)
    return holder.id
  }

  private func environment(of plan: ContainerPlan) async throws(BackendError) -> [String: Secret] {
    var environment: [String: Secret] = [:]
    for (name, value) in plan.template.environment.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .plain(let text): environment[name] = Secret(text)
      case .secret(let reference): environment[name] = try await secrets(reference)
      }
    }
    return environment
  }

  private func bringUp(
    _ made: Made, _ plan: ContainerPlan, on engine: any ContainerEngine
  ) async throws(BackendError) {
    try await engine.start(made.id)
    guard let problem = try await poller.problem(of: made.id, rule: plan.health, on: engine) else {
      return
    }
    var output = ""
    if let environment = made.environment {
      let lines = (try? await engine.lastLines(of: made.id, count: 5)) ?? []
      output = lines.map { line in
        OutputRedaction.redact(line, environment.values.map { $0.reveal() })
      }.joined(separator: " | ")
    }
    throw BackendError(
      code: "health.failed",
      "container \(plan.displayName) did not become healthy within "
        + "\(plan.health.within): \(problem)" + (output.isEmpty ? "" : "; its last lines: \(output)"),
      hint: "correct the image or the health check of \(plan.resource)")
  }
}

extension BackendError {
  /// The same error, with what happened to the old container.
  fileprivate func adding(_ consequence: String) -> BackendError {
    BackendError(code, "\(message); \(consequence)", hint: hint, retry: retry, effect: effect)
  }
}
