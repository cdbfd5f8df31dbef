import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Describe: QueryCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a resource with its conditions, steps and events.")

  @OptionGroup var options: ResourceOptions

  var connection: ConnectionOptions { options.scope.connection }

  func query() -> DescriptionQuery {
    DescriptionQuery(options.target)
  }

  func write(_ description: ResourceDescription) {
    var text = description.manifest ?? ""
    for (title, section) in sections(of: description) {
      text += "\n\(Output.style.bold(title))\n\(section)"
    }
    Output.write(text)
  }

  private func sections(of description: ResourceDescription) -> [(title: String, text: String)] {
    var sections: [(String, String)] = []
    if let status = description.status {
      sections.append(("Conditions", conditions(status, now: description.now)))
    }
    if let explanation = description.explanation {
      sections.append(("Why", why(explanation, now: description.now)))
    }
    if !description.steps.isEmpty { sections.append(("Steps", steps(description))) }
    if !description.events.isEmpty { sections.append(("Events", events(description))) }
    return sections
  }

  private func conditions(_ status: ResourceStatus, now: Timestamp) -> String {
    var table = Table(["  TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"])
    for condition in status.conditions {
      table.add([
        "  \(condition.type.rawValue)", condition.status ? "True" : "False", (now - condition.since).ago,
        condition.reason.rawValue, condition.message,
      ])
    }
    return Output.text(of: table)
  }

  private func why(_ explanation: Explanation, now: Timestamp) -> String {
    var text = ""
    for link in explanation.chain { text += "  \(link.id): \(link.message)\n" }
    for line in [explanation.next.sentence(now: now)] + explanation.advice {
      text += "  \(Output.style.dim(line))\n"
    }
    return text
  }

  private func steps(_ description: ResourceDescription) -> String {
    var table = Table(["  AGE", "REVISION", "OUTCOME", "STEP"])
    for entry in description.steps.reversed() {
      table.add([
        "  \((description.now - entry.intent.at).ago)", String(entry.intent.revision),
        entry.outcome?.word.rawValue ?? "running", "\(entry.intent.summary) (\(entry.intent.reason))",
      ])
    }
    return Output.text(of: table)
  }

  private func events(_ description: ResourceDescription) -> String {
    description.events.reversed().map { event in
      "  \((description.now - event.at).ago)  \(event.reason.rawValue)  \(event.message)\n"
    }.joined()
  }
}
