import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct EnvironmentsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the environments of a state, and how each is doing.")

  @OptionGroup var place: ConnectionOptions

  @Option(name: .shortAndLong, help: "How to print: text, json or name.")
  var output = OutputFormat.text

  func run() async throws {
    let list = try await place.ask(EnvironmentsQuery())
    switch output {
    case .json: Output.write(Value.array(list.environments.map(\.value)).prettyJSON)
    case .name: for environment in list.environments { Output.print(environment.name) }
    case .text, .yaml:
      var table = Table(["ENVIRONMENT", "REVISION", "AGE", "ACTOR", "RESOURCES", "READY"])
      for environment in list.environments {
        table.add([
          environment.name, String(environment.newest.number), (list.now - environment.newest.createdAt).ago,
          environment.newest.actor, String(environment.resources), String(environment.ready),
        ])
      }
      Output.write(table)
    }
  }
}
