import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List what happened, newest last.")

  @Argument(help: "Only this resource, as Kind/name.")
  var resource: ResourceID?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 50

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    let list = try await place.ask(
      EventsQuery(environment: environment.environment, resource: resource, limit: limit))
    let events = list.events.reversed()
    if output == .json {
      Output.write(Value.array(events.map(\.value)).prettyJSON)
      return
    }
    var table = Table(["AGE", "RESOURCE", "WHAT", "MESSAGE"])
    for event in events {
      table.add([
        (list.now - event.at).ago, event.id?.description ?? "–", event.reason, event.message,
      ])
    }
    let warnings = events.map(\.isWarning)
    Output.write(
      table.text(width: Output.width) { cell, row, column in
        if row == 0 { return Output.style.dim(cell) }
        return column == 2 && warnings[row - 1] ? Output.style.yellow(cell) : cell
      })
  }
}

extension ResourceID: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
