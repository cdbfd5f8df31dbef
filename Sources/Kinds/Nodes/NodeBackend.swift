package import ContainerSupport
package import Model
package import Reconciling

/// Sees engines of nodes and keeps the nodes' records on them.
package struct NodeBackend: ResourceBackend {
  package typealias Spec = NodeSpec
  package typealias Observed = NodeObservation
  package typealias Operation = NodeOperation

  private let engines: EnginePool

  package init(engines: EnginePool) { self.engines = engines }

  /// What one engine says about all nodes.
  private struct View: Sendable {
    let facts: EngineFacts
    /// Labels of all volumes of this owner, by name.
    let volumes: [String: [String: String]]
    let residents: [ResourceID: [String]]
  }

  package var system: String { "Docker" }

  package func observe(_ subjects: [Subject<NodeSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<NodeObservation?, BackendError>]
  {
    let addresses = Set(subjects.flatMap { self.addresses(of: $0) })
    let views = await look(at: addresses, owner: context.owner)
    var answers: [ResourceID: Result<NodeObservation?, BackendError>] = [:]
    for subject in subjects { answers[subject.id] = observation(of: subject, views, context) }
    return answers
  }

  /// The engine that the manifest names must answer; one that the node left is looked at where it can be.
  private func observation(
    of subject: Subject<NodeSpec>, _ views: [EngineAddress: Result<View, BackendError>],
    _ context: ReconcileContext
  ) -> Result<NodeObservation?, BackendError> {
    let home = subject.spec?.engine.address.map(engines.canonical)
    if let home, case .failure(let error)? = views[home] { return .failure(error) }
    var facts: EngineFacts?
    var registrations: [EngineAddress: [String: String]] = [:]
    var containers: Set<String> = []
    let volume = NodeRegistration.volumeName(of: subject.id, owner: context.owner)
    for address in addresses(of: subject) {
      guard case .success(let view)? = views[address] else { continue }
      if address == home { facts = view.facts }
      registrations[address] = view.volumes[volume]
      containers.formUnion(view.residents[subject.id] ?? [])
    }
    let isBehindRelay = subject.desired.map { $0.spec.engine.address == nil } ?? false
    guard !registrations.isEmpty || isBehindRelay else { return .success(nil) }
    return .success(
      NodeObservation(engine: facts, registrations: registrations, containers: containers.sorted()))
  }

  private func addresses(of subject: Subject<NodeSpec>) -> Set<EngineAddress> {
    let specs = [subject.desired?.spec, subject.lastApplied?.spec].compactMap { $0 }
    return Set(specs.compactMap { $0.engine.address.map(engines.canonical) })
  }

  private func look(
    at addresses: Set<EngineAddress>, owner: String
  ) async -> [EngineAddress: Result<View, BackendError>] {
    let sorted = addresses.sorted { $0.description < $1.description }
    let views = await mapConcurrently(sorted, limit: 16) { address in await attempt(address, owner: owner) }
    return Dictionary(uniqueKeysWithValues: zip(sorted, views))
  }

  private func attempt(_ address: EngineAddress, owner: String) async -> Result<View, BackendError> {
    do throws(BackendError) {
      return .success(try await view(of: address, owner: owner))
    } catch {
      return .failure(error)
    }
  }

  private func view(of address: EngineAddress, owner: String) async throws(BackendError) -> View {
    let engine = try engines.engine(at: address)
    return View(
      facts: try await engine.facts(),
      volumes: try await engine.volumes(labelled: [ContainerLabels.owner: owner]),
      residents: try await engine.residents(owner: owner))
  }

  package func apply(
    _ operation: NodeOperation, to subject: Subject<NodeSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    switch operation {
    case .register(let registration):
      let engine = try engines.engine(at: registration.engine)
      let found = try await engine.volumes(labelled: [
        ContainerLabels.owner: context.owner, ContainerLabels.resource: subject.id.description,
      ])
      if let labels = found[registration.volume], labels != registration.labels {
        try await engine.removeVolume(registration.volume)
      }
      try await engine.provideVolume(registration.volume, labels: registration.labels)
    case .unregister(let volume, let address):
      try await engines.engine(at: address).removeVolume(volume)
    }
  }

  /// `Degraded` where the engine has less than the manifest promises. Nodes with a mock GPU are for development and
  /// share one engine, so their cores and memory are not held against it.
  package func health(
    of subject: Subject<NodeSpec>, observed: NodeObservation, in context: ReconcileContext
  ) -> Health {
    guard let spec = subject.desired?.spec else { return .ready }
    guard spec.engine.address != nil else {
      return .noted(
        reason: "BehindRelay",
        message:
          "as declared; its relay comes for work by itself, ‘rendertrust node list’ says when it was heard of"
      )
    }
    guard let engine = observed.engine else { return .ready }
    if let gpu = spec.gpu, !gpu.mock, !engine.hasGPURuntime {
      return .degraded(
        reason: "GPUMissing",
        message:
          "its engine cannot hand the GPU to containers: install the NVIDIA container toolkit there, the "
          + "runtimes are \(engine.runtimes.joined(separator: ", "))")
    }
    if spec.sandbox.rootless && !engine.isRootless {
      return .degraded(
        reason: "SandboxMissing", message: "its engine runs as root, but the manifest asks for a rootless one"
      )
    }
    if !engine.hasSeccomp {
      return .degraded(reason: "SandboxMissing", message: "its engine was built or started without seccomp")
    }
    if !engine.runtimes.contains(spec.sandbox.runtime) {
      let runtimes = engine.runtimes.joined(separator: ", ")
      return .degraded(
        reason: "SandboxMissing",
        message: "its engine has no runtime \(spec.sandbox.runtime), only \(runtimes)")
    }
    let isForDevelopment = spec.gpu?.mock == true || context.allowsMockGPUs
    if !isForDevelopment, spec.cores > engine.cores || spec.memory > engine.memory {
      return .degraded(
        reason: "Overcommitted",
        message:
          "the manifest gives \(spec.cores) cores and \(spec.memory), the machine has \(engine.cores) cores "
          + "and \(engine.memory)")
    }
    return .ready
  }
}
