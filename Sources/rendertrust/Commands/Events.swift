import ArgumentParser
import Model
import Reconciling

struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List what happened, newest last.")

  @Argument(help: "Only this resource, as Kind/name.")
  var resource: ResourceID?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 50

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let events = try await session.store.events(of: environment, id: resource, limit: limit).reversed()
      if output == .json {
        Output.write(Value.array(events.map(\.value)).prettyJSON)
        return
      }
      var table = Table(["AGE", "RESOURCE", "WHAT", "MESSAGE"])
      for event in events {
        table.add([
          (session.engine.time.now() - event.at).ago, event.id?.description ?? "–", event.reason,
          event.message,
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
}

extension Event {
  var value: Value {
    .members([
      "at": .string(at.description), "resource": id.map { .string($0.description) },
      "warning": .bool(isWarning),
      "reason": .string(reason), "message": .string(message), "revision": .integer(revision),
    ])
  }
}

extension ResourceID: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
