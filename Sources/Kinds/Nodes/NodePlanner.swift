internal import ContainerSupport
package import Model
package import Planning

/// Checks whether a node may join, and plans its record on the engine.
package struct NodePlanner: SafetyFactProviding {
  private let canonical: @Sendable (EngineAddress) -> EngineAddress

  /// - Parameter canonical: the address under which the controller knows an engine.
  package init(canonical: @escaping @Sendable (EngineAddress) -> EngineAddress = { $0 }) {
    self.canonical = canonical
  }

  package func plan(
    _ desired: Resource<NodeSpec>?, _ observed: NodeObservation?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<NodeOperation> {
    let registrations = observed?.registrations ?? [:]
    guard let desired else {
      return PlanOutcome(steps: removals(of: registrations, observed?.containers ?? [], context))
    }
    try NodePlanner.checkCapabilities(of: desired, in: context.reconcile)
    guard let address = desired.spec.engine.address.map(canonical) else {
      // The relay polls the scheduler itself; it needs no record.
      return PlanOutcome(
        steps: removals(of: registrations, [], context, because: "the node is behind a relay now"))
    }
    let registration = NodeRegistration(of: desired, on: address, in: context.reconcile)
    let found = registrations[address]
    var steps: [Step<NodeOperation>] = []
    if found.map({ $0 != registration.labels }) ?? true {
      steps.append(register(registration, found: found, id: desired.id))
    }
    let left = registrations.filter { $0.key != address }
    steps += removals(of: left, [], context, because: "the node moved to \(address)")
    return PlanOutcome(steps: steps)
  }

  private func register(
    _ registration: NodeRegistration, found: [String: String]?, id: ResourceID
  ) -> Step<NodeOperation> {
    guard let found else {
      return Step(
        .create, "register \(id) with \(registration.engine)", because: "not registered there",
        operation: .register(registration))
    }
    let changes = registration.changes(from: found)
    return Step(
      .update, "update the record of \(id) on \(registration.engine)",
      because: changes.isEmpty
        ? "the record was made by hand or by an older controller" : "its capabilities changed",
      fields: changes, operation: .register(registration))
  }

  private func removals(
    of registrations: [EngineAddress: [String: String]], _ containers: [String], _ context: PlanContext,
    because reason: String = "it left the manifests"
  ) -> [Step<NodeOperation>] {
    let volume = context.reconcile.claims.recordName(of: context.id)
    let note =
      containers.isEmpty
      ? ""
      : ", \(containers.count) container(s) still run there and stay: \(containers.joined(separator: ", "))"
    return registrations.keys.sorted().map { engine in
      Step(
        .delete, "remove the record of \(context.id) from \(engine)\(note)", because: reason,
        operation: .unregister(volume: volume, engine))
    }
  }

  /// Seeds, Deployment: an edge node has a GPU of 12 GB or at least 4 cores. Environments with mock GPUs are
  /// for development and accept less.
  private static func checkCapabilities(
    of node: Resource<NodeSpec>, in context: ReconcileContext
  ) throws(PlanError) {
    guard !context.allowsMockGPUs else { return }
    if node.spec.gpu?.mock == true {
      throw PlanError(
        "\(node.id) has a mock GPU, which environment \(context.environment) does not allow",
        hint: "declare the real GPU, or write `mockGPUs: true` in Environment/\(context.environment)")
    }
    let hasGPU = node.spec.gpu.map { $0.memory >= minGPUMemory } ?? false
    guard hasGPU || node.spec.cores >= minCores else {
      throw PlanError(
        "\(node.id) has \(node.spec.cores) cores and "
          + (node.spec.gpu.map { "a GPU of \($0.memory)" } ?? "no GPU")
          + "; edge nodes need a GPU of \(minGPUMemory) or \(minCores) cores",
        hint: "such a node can join only an environment with `mockGPUs: true`")
    }
  }

  private static let minGPUMemory = ByteCount(bytes: 12_000_000_000)
  private static let minCores = 4

  package func facts(
    _ desired: Resource<NodeSpec>?, _ observed: NodeObservation?, _ context: PlanContext
  ) -> [SafetyFact] {
    func compute(_ node: Resource<NodeSpec>?) -> ComputeOffer? {
      guard let node, case .compute(let offer)? = Nodes.offer(of: node, canonical: canonical) else {
        return nil
      }
      return offer
    }
    return [
      .compute(
        before: compute(context.lastApplied?.typed(as: NodeSpec.self)), after: compute(desired))
    ]
  }
}
