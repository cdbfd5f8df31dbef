import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare manifests with the newest revision.",
    discussion:
      "Compares manifests only; ‘plan’ compares with observed resources. Exits with 3 on a difference.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let answer = try await answer()
    answer.warnings.report()
    guard !answer.changes.isEmpty else {
      return Output.print("The manifests equal the newest revision.")
    }
    Output.write(answer.changes.map(text).joined())
    throw ExitCode(3)
  }

  private func answer() async throws -> ManifestChanges {
    switch try connection.target() {
    case .local(let state):
      let desired = try Platform.schemasOnly().desiredState(at: manifests.paths, allowsEmpty: true)
      return try await StateSession.open(state) { try await DiffQuery.changes(of: desired, in: $0.store) }
    case .server(let server):
      let bundle = try Platform.schemasOnly().bundle(manifests.paths)
      return try await server.open { try await $0.send(DiffQuery(bundle)) }
    }
  }

  private func text(of change: ManifestChange) -> String {
    let style = Output.style
    switch change.change {
    case .added: return style.green("+ \(change.id)") + "\n"
    case .removed: return style.red("- \(change.id)") + "\n"
    case .changed:
      let fields = change.fields.map {
        "    \($0.path.escapingInvisible())  \(text(of: $0.from)) → \(text(of: $0.to))\n"
      }
      return style.yellow("~ \(change.id)") + "\n" + fields.joined()
    }
  }

  private func text(of value: Value?) -> String { value?.plainText.escapingInvisible() ?? "unset" }
}
