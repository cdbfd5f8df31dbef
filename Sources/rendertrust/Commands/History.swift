import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct History: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the revisions of an environment, newest first.")

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 20

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    let list = try await place.ask(RevisionsQuery(environment: environment.environment, limit: limit))
    if output == .json {
      Output.write(Value.array(list.entries.map(\.value)).prettyJSON)
      return
    }
    var table = Table(["REVISION", "AGE", "ACTOR", "COMMIT", "STATE", "WHAT"])
    for entry in list.entries {
      let revision = entry.revision
      table.add([
        String(revision.number), (list.now - revision.createdAt).ago, revision.actor,
        revision.commit.map { String($0.prefix(8)) } ?? "–",
        entry.quarantine != nil
          ? "quarantined" : revision.number == list.entries.first?.revision.number ? "newest" : "",
        revision.message,
      ])
    }
    Output.write(
      table.text(width: Output.width) { cell, row, column in
        if row == 0 { return Output.style.dim(cell) }
        return column == 4 && cell == "quarantined" ? Output.style.yellow(cell) : cell
      })
  }
}
