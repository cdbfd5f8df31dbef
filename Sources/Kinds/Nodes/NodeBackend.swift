internal import Concurrency
package import ContainerSupport
package import Model
package import Reconciling

/// Observes the engines of nodes and maintains the records on them.
package struct NodeBackend: ResourceBackend {
  private let engines: EnginePool

  package init(engines: EnginePool) { self.engines = engines }

  /// What one engine reports about all nodes.
  private struct EngineReport: Sendable {
    let info: EngineInfo
    /// The labels of all volumes of this owner, by name.
    let volumes: [String: [String: String]]
    let containersByNode: [ResourceID: [String]]
  }

  package var system: String { "Docker" }

  package func observe(_ subjects: [Subject<NodeSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<NodeObservation?, BackendError>]
  {
    let addresses = Set(subjects.flatMap { self.addresses(of: $0) })
    let marks = Marks(of: context)
    let reports = await reports(of: addresses, marks)
    var results: [ResourceID: Result<NodeObservation?, BackendError>] = [:]
    for subject in subjects { results[subject.id] = observation(of: subject, reports, marks, context) }
    return results
  }

  /// Fails where the engine that the manifest names does not answer. An engine that the node left is read if
  /// it answers.
  private func observation(
    of subject: Subject<NodeSpec>, _ reports: [EngineAddress: Result<EngineReport, BackendError>],
    _ marks: Marks, _ context: ReconcileContext
  ) -> Result<NodeObservation?, BackendError> {
    let own = subject.spec?.engine.address.map(engines.canonical)
    if let own, case .failure(let error)? = reports[own] { return .failure(error) }
    var info: EngineInfo?
    var registrations: [EngineAddress: [String: String]] = [:]
    var containers: Set<String> = []
    let volume = context.claims.recordName(of: subject.id)
    for address in addresses(of: subject) {
      guard case .success(let report)? = reports[address] else { continue }
      if address == own { info = report.info }
      if let labels = report.volumes[volume], marks.include(labels, ofVolume: volume, of: subject.id) {
        registrations[address] = labels
      }
      containers.formUnion(report.containersByNode[subject.id] ?? [])
    }
    let isBehindRelay = subject.desired.map { $0.spec.engine.address == nil } ?? false
    guard !registrations.isEmpty || isBehindRelay else { return .success(nil) }
    return .success(
      NodeObservation(engine: info, registrations: registrations, containers: containers.sorted()))
  }

  private func addresses(of subject: Subject<NodeSpec>) -> Set<EngineAddress> {
    Set(subject.specs.compactMap { $0.engine.address.map(engines.canonical) })
  }

  private func reports(
    of addresses: Set<EngineAddress>, _ marks: Marks
  ) async -> [EngineAddress: Result<EngineReport, BackendError>] {
    let sorted = addresses.sorted()
    let reports = await mapConcurrently(sorted, limit: 16) { address in
      await Result { () async throws(BackendError) in try await report(of: address, marks) }
    }
    return Dictionary(uniqueKeysWithValues: zip(sorted, reports))
  }

  private func report(of address: EngineAddress, _ marks: Marks) async throws(BackendError) -> EngineReport {
    let engine = try engines.engine(at: address)
    return EngineReport(
      info: try await engine.info(),
      volumes: try await engine.volumes(labelled: [ContainerLabels.owner: marks.controller]),
      containersByNode: try await engine.containersByNode(marks))
  }

  package func apply(
    _ operation: NodeOperation, to subject: Subject<NodeSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    switch operation {
    case .register(let registration):
      let engine = try engines.engine(at: registration.engine)
      let found = try await engine.volumes(labelled: [ContainerLabels.owner: context.owner])
      if let labels = found[registration.volume], labels != registration.labels,
        Marks(of: context).include(labels, ofVolume: registration.volume, of: subject.id)
      {
        try await engine.removeVolume(registration.volume)
      }
      try await engine.ensureVolume(registration.volume, labels: registration.labels) { labels in
        registration.labels.allSatisfy { labels[$0.key] == $0.value }
      }
    case .unregister(let volume, let address):
      try await engines.engine(at: address).removeVolume(volume)
    }
  }

  /// `Degraded` where the engine provides less than the manifest declares. Nodes with a mock GPU are for
  /// development and share one engine, so their cores and memory are not compared with it.
  package func health(
    of subject: Subject<NodeSpec>, observed: NodeObservation, in context: ReconcileContext
  ) -> Health {
    guard let spec = subject.desired?.spec else { return .ready }
    guard spec.engine.address != nil else {
      return .noted(
        reason: "BehindRelay",
        message:
          "as declared; its relay polls for work itself, ‘rendertrust node list’ shows its last heartbeat"
      )
    }
    guard let engine = observed.engine else { return .ready }
    if let gpu = spec.gpu, !gpu.mock, !engine.hasGPURuntime {
      return .degraded(
        reason: "GPUMissing",
        message:
          "its engine cannot give the GPU to containers: install the NVIDIA container toolkit; the "
          + "runtimes are \(engine.runtimes.joined(separator: ", "))")
    }
    if spec.sandbox.rootless && !engine.isRootless {
      return .degraded(
        reason: "SandboxMissing", message: "its engine runs as root, but the manifest requires a rootless one"
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
          "the manifest declares \(spec.cores) cores and \(spec.memory), the machine has \(engine.cores) "
          + "cores and \(engine.memory)")
    }
    return .ready
  }
}
