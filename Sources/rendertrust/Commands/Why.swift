import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a resource is as it is, what happens next and what can be done.")

  @Argument(help: "The resource, as Kind/name.")
  var resource: ResourceID

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    let answer = try await place.ask(WhyQuery(environment: environment.environment, resource: resource))
    Output.write(
      output == .json ? answer.explanation.value(now: answer.now).prettyJSON : text(of: answer))
  }

  /// For people: the chain, what happens next, what can be done, and what happened to the root cause.
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
    for line in explanation.advice { text += style.dim("  \(line)") + "\n" }
    for event in answer.events.reversed() {
      text += style.dim("  \((answer.now - event.at).ago) ago  ") + "\(event.reason)  \(event.message)\n"
    }
    return text
  }
}
