import ArgumentParser
import Model
import Planning
import Reconciling

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare manifests with the newest revision, field by field.",
    discussion: "Looks at manifests only; ‘plan’ compares with the world. Exits with 3 where they differ.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var state: StateOptions

  func run() async throws {
    let desired = try Platform.schemasOnly().load(manifests.paths)
    let style = Output.style
    let text = try await Session.open(state) { session -> String in
      guard let newest = try await session.store.latestRevision(of: desired.environment),
        let applied = try await session.store.desiredState(of: desired.environment, at: newest.number)
      else { return desired.resources.map { style.green("+ \($0.id)") + "\n" }.joined() }
      var text = ""
      for id in Set(desired.resources.map(\.id)).union(applied.resources.map(\.id)).sorted() {
        switch (applied[id], desired[id]) {
        case (nil, _): text += style.green("+ \(id)") + "\n"
        case (_, nil): text += style.red("- \(id)") + "\n"
        case (let old?, let new?):
          let changes = FieldChange.between(old.diffValue, new.diffValue)
          guard !changes.isEmpty else { continue }
          text += style.yellow("~ \(id)") + "\n"
          for change in changes {
            text +=
              "    \(change.path)  \(change.from?.plainText ?? "unset") → \(change.to?.plainText ?? "unset")\n"
          }
        }
      }
      return text
    }
    guard !text.isEmpty else {
      Output.print("The manifests are those of the newest revision.")
      return
    }
    Output.write(text)
    throw ExitCode(3)
  }
}

extension Resource where Spec == any ResourceSpec {
  fileprivate var diffValue: Value {
    .members([
      "metadata": .members([
        "labels": .object(metadata.labels.mapValues { .string($0) }), "mode": .string(metadata.mode.rawValue),
      ]),
      "spec": spec.value,
    ])
  }
}
