import ArgumentParser
import ControlPlane
import KindSupport
import Manifests
import Model
import Planning
import Reconciling

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take something that exists under management, without touching it.",
    discussion: """
      Looks at a container, recorded prices or a database that no manifest owns, and prints the manifest for it; what a \
      manifest cannot say goes to standard error. Values that look like secrets are never printed. With a folder of \
      manifests the new one is written there and recorded, provided that nothing else would change.
      """)

  @Argument(help: "What it is to be: Service/name, PriceMap/name or Database/name.")
  var resource: ResourceID

  @Argument(help: "The folder of manifests that it is added to; without, the manifest is printed only.")
  var folder: String?

  @Option(name: .long, help: ArgumentHelp("For a Service: the container’s name or id.", valueName: "name"))
  var container: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The engine that it runs on, where that is another node’s.", valueName: "unix://…"))
  var engine: String?

  @Option(
    name: .customLong("in"),
    help: ArgumentHelp("For a PriceMap: where the prices are.", valueName: "Database/name"))
  var database: ResourceID?

  @Option(
    name: .long, help: ArgumentHelp("For a PriceMap: the currency that they must be in.", valueName: "usd"))
  var currency: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    let address = try engine.map(EngineAddress.init(argument:))
    let declared = try folder.map { try Platform.schemasOnly().desiredState(at: [$0]) }
    if let folder, declared?[resource] != nil {
      throw CommandFailure.usage("\(resource) is declared in \(folder) already")
    }
    try await Session.open(state) { session in
      let newest = try await session.newestState(environment)
      let desired = declared ?? newest
      let found = try await session.look(for: request(address, desired, session), among: desired)
      guard let folder else {
        Output.write(found.manifest)
        found.explain()
        return
      }
      try await session.changing(desired.environment, as: "import") { session in
        try await add(found, to: folder, session)
      }
    }
  }

  private func request(
    _ address: EngineAddress?, _ desired: DesiredState, _ session: Session
  ) async throws -> ImportRequest {
    let inventory = try await session.store.inventory(of: desired.environment, knowing: [])
    if inventory[resource] != nil || desired[resource] != nil {
      throw CommandFailure.failed("\(resource) is under management already: rendertrust describe \(resource)")
    }
    return ImportRequest(
      id: resource, container: container, engine: address, database: database, currency: currency,
      known: Set(inventory.keys).union(desired.resources.map(\.id)))
  }

  /// Writes the manifest, looks whether all is as it says, and records that. Where something else would change, that is
  /// left to `apply`.
  private func add(_ found: FoundResource, to folder: String, _ session: Session) async throws {
    let path = "\(folder)/\(resource.kind.lowercased())-\(resource.name).yaml"
    guard !Files.exists(path) else { throw CommandFailure.usage("\(path) is there already") }
    try Files.write(found.manifest, to: path)
    let desired = try session.platform.desiredState(at: [folder])
    let preparation = try await session.engine.prepare(desired)
    Output.write(found.manifest)
    found.explain()
    Output.error("\nWritten to \(path).")
    guard !preparation.plan.hasChanges else {
      Output.error("It is taken over with what else is to be done: rendertrust apply \(folder)")
      Output.error(preparation.plan.text(style: Output.errorStyle, width: Output.width))
      return
    }
    let convergence = try await session.engine.converge(
      preparation, by: .here("import \(resource)", [folder]), allowances: Allowances())
    Output.error("\(resource) is under management since revision \(convergence.revision.number).")
  }
}

/// Something that exists, as a manifest says it.
struct FoundResource {
  let manifest: String
  let remarks: [(field: String, note: String)]

  /// What the manifest does not say, on standard error, so that standard output is a manifest and nothing else.
  func explain() {
    guard !remarks.isEmpty else { return }
    Output.error("\nWhat the manifest does not say, or what changes once it is replaced:")
    let width = min(32, remarks.map(\.field.count).max() ?? 0)
    for remark in remarks {
      let padding = String(repeating: " ", count: max(0, width - remark.field.count))
      Output.error("  \(remark.field)\(padding)  \(remark.note)")
    }
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
      throw .usage("--engine is an address such as unix:///var/run/docker.sock or tcp://10.8.0.2:2375")
    }
    self = .tcp(host: String(parts[0]), port: port)
  }
}

extension Session {
  /// What is declared now; nothing before the first apply.
  func newestState(_ option: EnvironmentOption) async throws -> DesiredState {
    guard !environments.isEmpty else {
      return DesiredState(environment: option.environment ?? "dev", allowsMockGPUs: false, resources: [])
    }
    return try await newestState(of: try environment(option))
  }

  fileprivate func look(for request: ImportRequest, among desired: DesiredState) async throws -> FoundResource
  {
    let importable = platform.kinds.filter { $0.importing != nil }.map(\.name).sorted()
    guard let kind = platform.kinds.first(where: { $0.name == request.id.kind }), let find = kind.importing
    else {
      throw CommandFailure.usage(
        "a \(request.id.kind) is not imported; what can be is \(importable.joined(separator: ", "))")
    }
    let context = try await engine.prepare(desired, scope: []).surroundings
    let imported: Imported<any ResourceSpec>
    switch await find(request, context) {
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
        "what was found cannot be written as a \(request.id.kind): \(error.diagnostics.map(\.message).joined(separator: "; "))"
      )
    }
  }
}
