import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct History: QueryCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the revisions of an environment, newest first.")

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .long, help: "Maximum number of revisions.")
  var limit = 20

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  var connection: ConnectionOptions { scope.connection }

  func query() -> RevisionsQuery { RevisionsQuery(environment: scope.name, limit: limit) }

  func write(_ list: RecordList<RevisionEntry>) {
    let newest = list.records.first?.revision.number
    output.write(.array(list.records.map(\.value))) {
      var table = Table(["REVISION", "AGE", "ACTOR", "COMMIT", "STATE", "MESSAGE"])
      for entry in list.records {
        let revision = entry.revision
        let state = entry.quarantine != nil ? "quarantined" : revision.number == newest ? "newest" : ""
        table.add([
          String(revision.number), (list.now - revision.createdAt).ago, revision.actor,
          revision.commit.map { String($0.prefix(8)) } ?? "–", state, revision.message,
        ])
      }
      return Output.text(of: table) { cell, row, column in
        column == 4 && list.records[row].quarantine != nil ? Output.style.yellow(cell) : cell
      }
    }
  }
}
