import ArgumentParser
import ControlPlane
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
  @OptionGroup var place: ConnectionOptions

  func run() async throws {
    try await place.place().open { desk in
      let exported = try await desk.ask(
        ExportQuery(environment: environment.environment, subject: subject))
      if let folder {
        try write(exported, to: folder)
      } else {
        Output.write(exported.manifests.map(\.text).joined())
      }
      for remark in exported.remarks {
        Output.error("\(Output.errorStyle.yellow("!")) \(remark.id)  \(remark.note)")
      }
      if let folder, subject == nil { try await check(folder, desk) }
      if exported.remarks.contains(where: \.isUnseen) { throw ExitCode(1) }
    }
  }

  private func write(_ exported: ExportedManifests, to folder: String) throws {
    let path = try Files.makeFolder(folder)
    let kinds = Dictionary(grouping: exported.manifests, by: \.id.kind).sorted { $0.key < $1.key }
    var files = kinds.map { kind, manifests in
      ("\(kind.lowercased()).yaml", manifests.map(\.text).joined())
    }
    for file in exported.variableFiles {
      guard !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
        throw CommandFailure.failed(
          "the environment mentions \(file), which is outside of its folder: nothing was written")
      }
      files.append(
        (
          file,
          "# The manifests beside this file were exported: their variables are replaced already.\n{}\n"
        ))
    }
    if let taken = files.first(where: { Files.exists("\(path)/\($0.0)") }) {
      throw CommandFailure.usage("\(folder)/\(taken.0) is there already; export to a folder of its own")
    }
    for (name, text) in files { try Files.write(text, to: "\(path)/\(name)") }
    Output.error("\(exported.manifests.count) resources in \(kinds.count) files of \(folder)")
  }

  /// Says where the promise does not hold.
  private func check(_ folder: String, _ desk: any QueryClient) async throws {
    let bundle = try Platform.schemasOnly().bundle([folder])
    let answer = try await desk.ask(
      PlanQuery(bundle, paths: [folder], permissions: Permissions(), isKept: false, approver: ""))
    answer.warnings.report()
    guard answer.plan.hasChanges else { return }
    Output.error("A plan of \(folder) would still be:")
    Output.error(answer.plan.text(style: Output.errorStyle, width: Output.width))
  }
}
