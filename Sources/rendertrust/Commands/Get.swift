import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how resources are.",
    discussion: "json gives id, observed revision and conditions; yaml gives manifests; name gives Kind/name."
  )

  @Argument(help: "A kind, or Kind/name; all resources where it is left out.")
  var subject: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    let list = try await place.ask(
      ResourcesQuery(
        environment: environment.environment, subject: subject, withManifests: output == .yaml))
    switch output {
    case .json: Output.write(Value.array(list.statuses.map(\.value)).prettyJSON)
    case .name: for status in list.statuses { Output.print(status.id.description) }
    case .yaml: Output.write(list.statuses.compactMap { list.manifests[$0.id] }.joined(separator: "---\n"))
    case .text: printTable(list.statuses, now: list.now)
    }
  }

  private func printTable(_ statuses: [ResourceStatus], now: Timestamp) {
    var table = Table(["RESOURCE", "STATUS", "REVISION", "SINCE", "MESSAGE"])
    for status in statuses {
      let condition = status.headline
      table.add([
        status.id.description, condition?.type.rawValue ?? "Unknown", String(status.revision),
        condition.map { (now - $0.since).ago } ?? "–", condition?.message ?? "",
      ])
    }
    Output.write(
      table.text(width: Output.width) { cell, row, column in
        if row == 0 { return Output.style.dim(cell) }
        guard column == 1 else { return cell }
        return statuses[row - 1].isReady ? Output.style.green(cell) : Output.style.yellow(cell)
      })
  }
}
