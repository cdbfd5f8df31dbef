import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Why: QueryCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain the status of a resource.",
    discussion: "Shows the chain of causes, the next action of the controller and what an operator can do.")

  @OptionGroup var options: ResourceOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  var connection: ConnectionOptions { options.scope.connection }

  func query() -> WhyQuery { WhyQuery(options.target) }

  func write(_ answer: WhyQuery.Answer) {
    output.write(answer.explanation.value(now: answer.now)) { text(of: answer) }
  }

  /// The chain of causes, the next action, advice, and the events of the root cause.
  private func text(of answer: WhyQuery.Answer) -> String {
    let style = Output.style
    let explanation = answer.explanation
    var text = ""
    for link in explanation.chain {
      let mark = link.cause == .ready ? style.green("✓") : style.yellow("!")
      let condition = answer.headlines[link.id] ?? "not known"
      let since = link.since.map { " since \((answer.now - $0).ago)" } ?? ""
      text += "\(mark) \(link.id) is \(condition)\(since): \(link.message)\n"
    }
    if explanation.next != .nothing { text += "  \(explanation.next.sentence(now: answer.now))\n" }
    for drain in answer.drains { text += "  \(TextStyle.harmless(drain.sentence))\n" }
    for line in explanation.advice { text += style.dim("  \(line)") + "\n" }
    for event in answer.events.reversed() {
      text +=
        style.dim("  \((answer.now - event.at).ago) ago  ") + "\(event.reason.rawValue)  \(event.message)\n"
    }
    return text
  }
}
