import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare manifests with the newest revision, field by field.",
    discussion: "Looks at manifests only; ‘plan’ compares with the world. Exits with 3 where they differ.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var place: ConnectionOptions

  func run() async throws {
    let changes = try await changes()
    changes.warnings.report()
    guard !changes.changes.isEmpty else {
      Output.print("The manifests are those of the newest revision.")
      return
    }
    Output.write(changes.changes.map(text).joined())
    throw ExitCode(3)
  }

  private func changes() async throws -> ManifestChanges {
    switch try place.place() {
    case .here(let state):
      let desired = try Platform.schemasOnly().desiredState(at: manifests.paths)
      return try await Session.open(state) { try await DiffQuery.changes(of: desired, in: $0) }
    case .server(let server):
      let bundle = try Platform.schemasOnly().bundle(manifests.paths)
      return try await server.open { try await $0.ask(DiffQuery(bundle)) }
    }
  }

  private func text(of change: ManifestChange) -> String {
    let style = Output.style
    switch change.sort {
    case .added: return style.green("+ \(change.id)") + "\n"
    case .removed: return style.red("- \(change.id)") + "\n"
    case .changed:
      let fields = change.fields.map {
        "    \($0.path)  \($0.from?.plainText ?? "unset") → \($0.to?.plainText ?? "unset")\n"
      }
      return style.yellow("~ \(change.id)") + "\n" + fields.joined()
    }
  }
}
