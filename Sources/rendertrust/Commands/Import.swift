import ArgumentParser
import ControlPlane
import KindSupport
import Manifests
import Model
import Planning
import Reconciling

struct Import: ChangeCommand {
  static let configuration = CommandConfiguration(
    abstract: "Adopt an existing container, database or price list.",
    discussion: """
      Reads something that no manifest owns and prints its manifest; the thing itself does not change. \
      Standard error lists what the manifest cannot express. Values that look like secrets are never \
      printed. With a folder of manifests, the new manifest is added to the folder and recorded, provided \
      that nothing else would change.
      """)

  @Argument(help: "ID of the new resource: Service/NAME, PriceMap/NAME or Database/NAME.")
  var resource: ResourceID

  @Argument(help: "Folder to add the manifest to. Default: print the manifest only.")
  var folder: String?

  @Option(name: .long, help: ArgumentHelp("For a Service: name or ID of the container.", valueName: "name"))
  var container: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "For a Service: the engine of the container. Default: the local engine.", valueName: "unix://…"))
  var engine: String?

  @Option(
    name: .customLong("in"),
    help: ArgumentHelp("For a PriceMap: the database with the prices.", valueName: "Database/name"))
  var database: ResourceID?

  @Option(
    name: .long, help: ArgumentHelp("For a PriceMap: the currency of the prices.", valueName: "usd"))
  var currency: String?

  @OptionGroup var scope: LocalEnvironmentOptions

  var isChange: Bool { folder != nil }

  func run() async throws {
    let address = try engine.map(EngineAddress.init(argument:))
    let declared = try folder.map { try Platform.schemasOnly().desiredState(at: [$0], allowsEmpty: true) }
    if let folder, declared?[resource] != nil {
      throw CommandFailure.usage("\(resource) is already declared in \(folder)")
    }
    try await StateSession.open(scope.state) { state in
      let newest = try await state.newestState(scope.environment)
      let desired = declared ?? newest
      let found = try await state.find(request(address, desired, state.store), among: desired)
      guard let folder else {
        Output.write(found.manifest)
        found.printRemarks()
        return
      }
      try await state.changes.withLeases(of: desired.environment, as: "import") { executor in
        try await add(found, to: folder, state.platform, executor.engine)
      }
    }
  }

  private func request(
    _ address: EngineAddress?, _ desired: DesiredState, _ store: any StateStore
  ) async throws -> ImportRequest {
    let inventory = try await store.inventory(of: desired.environment, knowing: [])
    if inventory[resource] != nil || desired[resource] != nil {
      throw CommandFailure.failed("\(resource) is already managed: rendertrust describe \(resource)")
    }
    return ImportRequest(
      id: resource, container: container, engine: address, database: database, currency: currency,
      known: Set(inventory.keys).union(desired.resources.map(\.id)))
  }

  /// Writes the manifest and records a revision with it, unless the plan of that revision has changes: those
  /// are left to `apply`.
  private func add(
    _ found: FoundResource, to folder: String, _ platform: Platform, _ engine: Engine
  ) async throws {
    let path = "\(folder)/\(resource.kind.lowercased())-\(resource.name).yaml"
    guard !Files.exists(path) else { throw CommandFailure.usage("\(path) exists already") }
    try Files.write(found.manifest, to: path)
    let desired = try platform.desiredState(at: [folder], allowsEmpty: true)
    let preparation = try await engine.prepare(desired)
    Output.write(found.manifest)
    found.printRemarks()
    Output.error("\nWritten to \(path).")
    guard !preparation.plan.hasChanges else {
      Output.error("Other changes are pending; apply them together: rendertrust apply \(folder)")
      Output.error(preparation.plan.text(style: Output.errorStyle, width: Output.width))
      return
    }
    let convergence = try await engine.converge(
      preparation, by: .local("import \(resource)", [folder]), allowances: Allowances())
    Output.error("\(resource) is managed since revision \(convergence.revision.number).")
  }
}

/// The manifest of something that exists.
struct FoundResource {
  let manifest: String
  /// What the manifest does not express, by field.
  let remarks: [(field: String, note: String)]

  /// Prints the remarks to standard error, which keeps standard output a valid manifest.
  func printRemarks() {
    guard !remarks.isEmpty else { return }
    Output.error("\nNot part of the manifest, or different after a replacement:")
    let width = min(32, remarks.map(\.field.count).max() ?? 0)
    for remark in remarks { Output.error("  \(remark.field.padded(to: width))  \(remark.note)") }
  }
}

extension EngineAddress {
  fileprivate init(argument: String) throws(CommandFailure) {
    if argument.hasPrefix("unix:///") {
      self = .unix(path: String(argument.dropFirst("unix://".count)))
      return
    }
    let parts = argument.replacing("tcp://", with: "").split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]), (1...65_535).contains(port) else {
      throw .usage("--engine must be an address such as unix:///var/run/docker.sock or tcp://10.8.0.2:2375")
    }
    self = .tcp(host: String(parts[0]), port: port)
  }
}

extension StateSession {
  /// The newest desired state; empty before the first apply.
  func newestState(_ option: EnvironmentOption) async throws -> DesiredState {
    guard try await !environments.all().isEmpty else {
      return DesiredState(environment: option.environment ?? "dev", allowsMockGPUs: false, resources: [])
    }
    return try await store.newestState(of: try await environments.resolve(option.environment))
  }

  fileprivate func find(_ request: ImportRequest, among desired: DesiredState) async throws -> FoundResource {
    let importable = platform.kinds.filter { $0.importing != nil }.map(\.name).sorted()
    guard let kind = platform.kinds[request.id.kind], let importing = kind.importing else {
      throw CommandFailure.usage(
        "\(request.id.kind) does not support import; these kinds do: \(importable.joined(separator: ", "))")
    }
    let context = try await engine.prepare(desired, scope: []).context
    let imported: Imported<any ResourceSpec>
    switch await importing(request, context) {
    case .success(let found): imported = found
    case .failure(let error) where error.code == "import.usage":
      throw CommandFailure.usage(error.description)
    case .failure(let error): throw CommandFailure.failed(error.description)
    }
    do throws(InvalidManifest) {
      let resource = try kind.schema.decode(
        spec: imported.spec.value, id: request.id, metadata: Metadata(annotations: imported.annotations))
      return FoundResource(manifest: platform.kinds.briefManifest(of: resource), remarks: imported.remarks)
    } catch {
      throw CommandFailure.failed(
        "cannot express this as a \(request.id.kind): "
          + error.diagnostics.map(\.message).joined(separator: "; "))
    }
  }
}
