internal import ContainerSupport
internal import KindSupport
internal import Manifests
internal import Model

/// Takes a container of somebody else under management: looks at it, and says it as a manifest. Changes nothing.
struct ServiceImport: Sendable {
  let engines: EnginePool

  func find(_ request: ImportRequest, _ context: ReconcileContext) async -> Result<
    Imported<ServiceSpec>, BackendError
  > {
    do throws(BackendError) {
      return .success(try await imported(request, context))
    } catch {
      return .failure(error)
    }
  }

  private func imported(
    _ request: ImportRequest, _ context: ReconcileContext
  ) async throws(BackendError) -> Imported<ServiceSpec> {
    guard let name = request.container else {
      throw BackendError(
        code: "import.usage", "which container becomes \(request.id)?", hint: "say it with --container NAME",
        retry: .afterChange)
    }
    let address = engines.canonical(request.engine ?? .local)
    let node = try node(offering: address, context)
    guard let foreign = try await engines.engine(at: address).foreignContainer(name) else {
      throw BackendError(
        code: "import.missing", "there is no container \(name) on \(address)",
        hint: "`docker ps --all` lists them; another engine is named with --engine", retry: .afterChange)
    }
    if foreign.isOwned { throw foreign.belongsToAnother }
    let adoption = Adoption(name: foreign.name, id: foreign.facts.observation.id)
    if let other = context.offers.adoptions.filter({ $0.value.overlaps(adoption) }).keys.min() {
      throw BackendError(
        code: "import.adopted", "container \(foreign.name) is adopted by \(other) already",
        retry: .afterChange)
    }
    let adopted = try ContainerAdoption(foreign)
    var spec = ServiceSpec(template: adopted.container.template, limits: adopted.limits)
    spec.node = node.map { .init($0) }
    return Imported(
      spec, annotations: [Adoption.annotation: adoption.description],
      remarks: adopted.remarks.map { ($0.field, $0.note) })
  }

  /// Nil for the controller's own engine.
  private func node(
    offering address: EngineAddress, _ context: ReconcileContext
  ) throws(BackendError) -> ResourceID? {
    guard address != .local else { return nil }
    let nodes = context.offers.compute.filter { $0.value.engine.map(engines.canonical) == address }
    guard let node = nodes.keys.min() else {
      throw BackendError(
        code: "import.engine", "no node is declared for \(address), so a Service there could not be declared",
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
