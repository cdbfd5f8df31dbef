import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Describe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show everything about a resource: manifest, conditions, steps, events.")

  @Argument(help: "The resource, as Kind/name.")
  var resource: ResourceID

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  func run() async throws {
    let found = try await place.ask(
      DescriptionQuery(environment: environment.environment, resource: resource))
    Output.write(text(of: found))
  }

  private func text(of found: ResourceDescription) -> String {
    let style = Output.style
    var text = found.manifest ?? ""
    if let status = found.status {
      text += "\n\(style.bold("Conditions"))\n"
      var table = Table(["  TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"])
      for condition in status.conditions {
        table.add([
          "  \(condition.type.rawValue)", condition.status ? "True" : "False",
          (found.now - condition.since).ago, condition.reason, condition.message,
        ])
      }
      text += table.text(width: Output.width)
    }
    if let explanation = found.explanation {
      text += "\n\(style.bold("Why"))\n"
      for link in explanation.chain { text += "  \(link.id): \(link.message)\n" }
      for line in [explanation.next.sentence(now: found.now)] + explanation.advice {
        text += "  \(style.dim(line))\n"
      }
    }
    if !found.steps.isEmpty {
      text += "\n\(style.bold("Steps"))\n"
      var table = Table(["  AGE", "REVISION", "OUTCOME", "STEP"])
      for entry in found.steps.reversed() {
        table.add([
          "  \((found.now - entry.intent.at).ago)", String(entry.intent.revision),
          entry.outcome?.word ?? "running", "\(entry.intent.summary) (\(entry.intent.reason))",
        ])
      }
      text += table.text(width: Output.width)
    }
    if !found.events.isEmpty {
      text += "\n\(style.bold("Events"))\n"
      for event in found.events.reversed() {
        text += "  \((found.now - event.at).ago)  \(event.reason)  \(event.message)\n"
      }
    }
    return text
  }
}
