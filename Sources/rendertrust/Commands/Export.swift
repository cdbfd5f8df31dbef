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
      let export = LiveExport(session.platform.kinds, desired, preparation)
      let chosen = export.resources.filter { matches($0.id) }
      if chosen.isEmpty, let subject {
        throw CommandFailure.failed("nothing in \(name) is called ‘\(subject)’, or it is not there")
      }
      if let folder {
        try write(chosen, to: folder, session)
      } else {
        Output.write(chosen.map { session.platform.kinds.briefManifest(of: $0) }.joined())
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
      ("\(kind.lowercased()).yaml", resources.map { session.platform.kinds.briefManifest(of: $0) }.joined())
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
