import ArgumentParser
import Component
import Manifests
import Model
import Reconciling

struct Describe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show everything about a resource: manifest, conditions, steps, events.")

  @Argument(help: "The resource, as Kind/name.")
  var resource: ResourceID

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let inventory = try await session.store.inventory(of: environment, knowing: [])
      let statuses = try await session.store.statuses(of: environment)
      guard inventory[resource] != nil || statuses[resource] != nil else {
        throw CommandFailure.failed("\(resource) was never applied in \(environment)")
      }
      let style = Output.style
      let now = session.engine.time.now()
      var text = ""
      if let entry = inventory[resource] { text += session.platform.kinds.manifest(of: entry.resource) }
      if let status = statuses[resource] {
        text += "\n\(style.bold("Conditions"))\n"
        var table = Table(["  TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"])
        for condition in status.conditions {
          table.add([
            "  \(condition.type.rawValue)", condition.status ? "True" : "False", (now - condition.since).ago,
            condition.reason, condition.message,
          ])
        }
        text += table.text(width: Output.width)
        if !status.isReady {
          text += "\n\(style.bold("Why"))\n"
          let (explanation, situation) = try await session.explain(resource, in: environment)
          for link in explanation.chain { text += "  \(link.id): \(link.message)\n" }
          for line in [explanation.next.sentence(now: situation.now)] + explanation.advice {
            text += "  \(style.dim(line))\n"
          }
        }
      }
      let journal = try await session.store.journal(of: environment, id: resource, limit: 10)
      if !journal.isEmpty {
        text += "\n\(style.bold("Steps"))\n"
        var table = Table(["  AGE", "REVISION", "OUTCOME", "STEP"])
        for entry in journal.reversed() {
          table.add([
            "  \((now - entry.intent.at).ago)", String(entry.intent.revision),
            entry.outcome?.word ?? "running",
            "\(entry.intent.summary) (\(entry.intent.reason))",
          ])
        }
        text += table.text(width: Output.width)
      }
      let events = try await session.store.events(of: environment, id: resource, limit: 10)
      if !events.isEmpty {
        text += "\n\(style.bold("Events"))\n"
        for event in events.reversed() {
          text += "  \((now - event.at).ago)  \(event.reason)  \(event.message)\n"
        }
      }
      Output.write(text)
    }
  }
}
