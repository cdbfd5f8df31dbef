import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write observed resources as manifests.",
    discussion: """
      Writes the declared resources with their observed fields: a price that was changed by hand, a limit \
      that was raised in the engine. Applying the result changes nothing. Secrets stay references. Missing \
      resources are omitted. Standard error lists fields that manifests cannot express.
      """)

  @Argument(help: "A kind, or one resource as Kind/name. Default: all resources.")
  var subject: String?

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "Output folder, with one file for each kind. It must not contain manifests.", valueName: "dir"))
  var folder: String?

  @OptionGroup var scope: EnvironmentOptions

  func run() async throws {
    try await scope.connection.target().open { client in
      let exported = try await client.send(ExportQuery(environment: scope.name, subject: subject))
      if let folder {
        try write(exported, to: folder)
      } else {
        Output.write(exported.manifests.map(\.text).joined())
      }
      for remark in exported.remarks {
        Output.error("\(Output.errorStyle.yellow("!")) \(remark.id)  \(remark.note)")
      }
      if let folder, subject == nil { try await check(folder, client) }
      if exported.remarks.contains(where: \.isUnseen) { throw ExitCode(1) }
    }
  }

  private func write(_ exported: ExportedManifests, to folder: String) throws {
    let path = try Files.makeFolder(folder)
    let kinds = Dictionary(grouping: exported.manifests, by: \.id.kind).sorted { $0.key < $1.key }
    var files = kinds.map { kind, manifests in
      (name: "\(kind.lowercased()).yaml", text: manifests.map(\.text).joined())
    }
    for file in exported.variableFiles {
      guard !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
        throw CommandFailure.failed(
          "the environment references \(file) outside its folder: nothing was written")
      }
      files.append(
        (file, "# The exported manifests in this folder contain the values of all variables.\n{}\n"))
    }
    if let existing = files.first(where: { Files.exists("\(path)/\($0.name)") }) {
      throw CommandFailure.usage("\(folder)/\(existing.name) exists already; export to an empty folder")
    }
    for (index, file) in files.enumerated() {
      do throws(CommandFailure) {
        try Files.write(file.text, to: "\(path)/\(file.name)")
      } catch {
        // An incomplete export must not pass for the whole one.
        for written in files[..<index] { Files.remove("\(path)/\(written.name)") }
        throw error
      }
    }
    Output.error("\(exported.manifests.count) resources written to \(kinds.count) files in \(folder)")
  }

  /// Prints the changes that a plan of the exported manifests would still contain.
  private func check(_ folder: String, _ client: any QueryClient) async throws {
    let bundle = try Platform.schemasOnly().bundle([folder])
    let answer = try await client.send(
      PlanQuery(bundle, paths: [folder], permissions: Permissions(), isKept: false, approver: ""))
    answer.warnings.report()
    guard answer.plan.hasChanges else { return }
    Output.error("Applying \(folder) would change:")
    Output.error(answer.plan.text(style: Output.errorStyle, width: Output.width))
  }
}
