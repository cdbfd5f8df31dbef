internal import Concurrency
internal import ContainerSupport
internal import KindSupport
internal import Manifests
internal import Model

/// Describes an existing container as the manifest of a service that adopts it. Changes nothing.
struct ServiceImport: Sendable {
  let engines: EnginePool

  func find(_ request: ImportRequest, _ context: ReconcileContext) async -> Result<
    Imported<ServiceSpec>, BackendError
  > {
    await Result { () async throws(BackendError) in try await imported(request, context) }
  }

  private func imported(
    _ request: ImportRequest, _ context: ReconcileContext
  ) async throws(BackendError) -> Imported<ServiceSpec> {
    guard let name = request.container else {
      throw BackendError(
        code: "import.usage", "which container becomes \(request.id)?", hint: "name it with --container NAME",
        retry: .afterChange)
    }
    let address = engines.canonical(request.engine ?? .local)
    let node = try node(offering: address, context)
    guard let unmanaged = try await engines.engine(at: address).unmanagedContainer(name) else {
      throw BackendError(
        code: "import.missing", "there is no container \(name) on \(address)",
        hint: "`docker ps --all` lists them; another engine is named with --engine", retry: .afterChange)
    }
    if unmanaged.hasOwner { throw unmanaged.ownershipError }
    let adoption = Adoption(name: unmanaged.name, id: unmanaged.container.observation.id)
    if let other = context.offers.adoptions.filter({ $0.value.overlaps(adoption) }).keys.min() {
      throw BackendError(
        code: "import.adopted", "container \(unmanaged.name) is already adopted by \(other)",
        retry: .afterChange)
    }
    let adopted = try ContainerAdoption(unmanaged)
    var spec = ServiceSpec(template: adopted.container.template, limits: adopted.limits)
    spec.node = node.map { .init($0) }
    return Imported(
      spec, annotations: [Adoption.annotation: adoption.description],
      remarks: adopted.remarks.map { ($0.field, $0.note) })
  }

  /// The node whose engine has this address; nil for the controller's own engine.
  private func node(
    offering address: EngineAddress, _ context: ReconcileContext
  ) throws(BackendError) -> ResourceID? {
    guard address != .local else { return nil }
    let nodes = context.offers.compute.filter { $0.value.engine.map(engines.canonical) == address }
    guard let node = nodes.keys.min() else {
      throw BackendError(
        code: "import.engine", "no node is declared for \(address), so a Service cannot be placed there",
        hint: "declare a Node with this engine first", retry: .afterChange)
    }
    return node
  }
}

extension ServiceSpec {
  /// The inverse of `template`.
  init(template: ContainerTemplate, limits: ContainerLimits) {
    self.init()
    image = template.image
    command = template.command
    environment = template.environment
    ports = template.ports
    volumes = template.volumes
    externalVolumes = template.externalVolumes
    self.limits = LimitSettings(limits, else: LimitSettings())
    if let command = template.healthCommand {
      health = HealthSettings()
      health?.command = command
    }
    security = SecuritySettings(template.security)
  }
}
