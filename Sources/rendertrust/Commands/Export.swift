import ArgumentParser
import Component
import Manifests
import Model
import Planning
import Reconciling

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what is there as manifests that change nothing.",
    discussion: """
      What is declared, corrected by what is seen: a price that was changed by hand, a limit that was raised on the \
      engine. Secrets stay references. What is not there is left out, and what no manifest can say is told on standard \
      error.
      """)

  @Argument(help: "A kind, or Kind/name; everything where it is left out.")
  var subject: String?

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "A folder to write to, a file for each kind; it must hold no manifests yet.", valueName: "dir"))
  var folder: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      let name = try session.environment(environment)
      let desired = try await session.newestState(environment)
      let preparation = try await session.engine.prepare(desired)
      let export = LiveExport(session.platform, desired, preparation)
      let chosen = export.resources.filter { matches($0.id) }
      if chosen.isEmpty, let subject {
        throw CommandFailure.failed("nothing in \(name) is called ‘\(subject)’, or it is not there")
      }
      if let folder {
        try write(chosen, to: folder, session)
      } else {
        Output.write(chosen.map { session.platform.briefManifest(of: $0) }.joined())
      }
      for remark in export.remarks where matches(remark.id) {
        Output.error("\(Output.errorStyle.yellow("!")) \(remark.id)  \(remark.note)")
      }
      if let folder, subject == nil { try await check(folder, session) }
      if export.remarks.contains(where: { $0.isUnseen && matches($0.id) }) { throw ExitCode(1) }
    }
  }

  private func matches(_ id: ResourceID) -> Bool {
    guard let subject else { return true }
    return subject.contains("/") ? id.description == subject : id.kind == subject
  }

  private func write(_ resources: [AnyResource], to folder: String, _ session: Session) throws {
    let path = try Files.makeFolder(folder)
    let kinds = Dictionary(grouping: resources, by: \.id.kind).sorted { $0.key < $1.key }
    var files = kinds.map { kind, resources in
      ("\(kind.lowercased()).yaml", resources.map { session.platform.briefManifest(of: $0) }.joined())
    }
    for resource in resources {
      guard let settings = (resource.spec as? any EnvironmentProviding)?.environmentSettings else { continue }
      for file in settings.variableFiles {
        files.append(
          (
            file,
            "# The manifests beside this file were exported: their variables are replaced already.\n{}\n"
          ))
      }
    }
    if let taken = files.first(where: { Files.exists("\(path)/\($0.0)") }) {
      throw CommandFailure.usage("\(folder)/\(taken.0) is there already; export to a folder of its own")
    }
    for (name, text) in files { try Files.write(text, to: "\(path)/\(name)") }
    Output.error("\(resources.count) resources in \(kinds.count) files of \(folder)")
  }

  /// Says where the promise does not hold.
  private func check(_ folder: String, _ session: Session) async throws {
    let plan = try await session.engine.prepare(try session.platform.load([folder])).plan
    guard plan.hasChanges else { return }
    Output.error("A plan of \(folder) would still be:")
    Output.error(plan.text(style: Output.errorStyle, width: Output.width))
  }
}

/// What is there, as manifests say it.
struct LiveExport {
  struct Remark {
    let id: ResourceID
    let note: String
    /// It could not be looked at, so that nothing is known about it.
    var isUnseen = false
  }

  /// Sorted by id.
  private(set) var resources: [AnyResource] = []
  private(set) var remarks: [Remark] = []

  /// Everything that is declared, and what is still there of what was.
  init(_ platform: Platform, _ desired: DesiredState, _ preparation: Engine.Preparation) {
    let kinds = Dictionary(platform.kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let applied = preparation.applied
    for id in Set(desired.resources.map(\.id)).union(applied.keys).sorted() {
      guard let resource = desired[id] ?? applied[id] else { continue }
      guard resource.metadata.mode != .paused else {
        resources.append(resource)
        continue
      }
      switch preparation.seen[id] {
      case .success(let observation):
        guard let state = observation.state else {
          remarks.append(Remark(id: id, note: "is not there, and is left out"))
          continue
        }
        take(resource, state, kinds[id.kind], preparation.surroundings)
      case .failure(let error):
        remarks.append(Remark(id: id, note: "could not be looked at: \(error)", isUnseen: true))
      case nil: remarks.append(Remark(id: id, note: "was not looked at", isUnseen: true))
      }
    }
  }

  private mutating func take(
    _ resource: AnyResource, _ state: any Sendable, _ kind: Kind?, _ context: ReconcileContext
  ) {
    guard let kind, let exported = kind.export(resource, state, context),
      let written = try? kind.schema.decode(
        spec: exported.spec.value, id: resource.id, metadata: resource.metadata)
    else {
      remarks.append(Remark(id: resource.id, note: "cannot be written as a manifest", isUnseen: true))
      return
    }
    resources.append(written)
    remarks += exported.remarks.map { Remark(id: resource.id, note: $0) }
  }
}
