import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct EnvironmentsList: QueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List environments with their newest revision and readiness.")

  @OptionGroup var connection: ConnectionOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  func query() -> EnvironmentsQuery { EnvironmentsQuery() }

  func write(_ list: RecordList<EnvironmentSummary>) {
    let environments = list.records
    output.write(.array(environments.map(\.value)), names: environments.map(\.name)) {
      var table = Table(["ENVIRONMENT", "REVISION", "AGE", "ACTOR", "RESOURCES", "READY"])
      for environment in environments {
        let newest = environment.newest
        table.add([
          environment.name, String(newest.number), (list.now - newest.createdAt).ago, newest.actor,
          String(environment.resources), String(environment.ready),
        ])
      }
      return Output.text(of: table)
    }
  }
}
