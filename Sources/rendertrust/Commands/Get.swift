import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Get: QueryCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the status of resources.",
    discussion: "json prints IDs, observed revisions and conditions; yaml prints manifests.")

  @Argument(help: "A kind, or one resource as Kind/name. Default: all resources.")
  var subject: String?

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  var connection: ConnectionOptions { scope.connection }

  func query() -> ResourcesQuery {
    ResourcesQuery(environment: scope.name, subject: subject, withManifests: output == .yaml)
  }

  func write(_ list: ResourceList) {
    guard output != .yaml else {
      return Output.write(list.statuses.compactMap { list.manifests[$0.id] }.joined(separator: "---\n"))
    }
    let names = list.statuses.map(\.id.description)
    output.write(.array(list.statuses.map(\.value)), names: names) {
      let removal = list.pendingRemovals.sentence(now: list.now)
      return (removal.map { Output.style.yellow($0) + "\n" } ?? "") + table(of: list.statuses, now: list.now)
    }
  }

  private func table(of statuses: [ResourceStatus], now: Timestamp) -> String {
    var table = Table(["RESOURCE", "STATUS", "REVISION", "SINCE", "MESSAGE"])
    for status in statuses {
      let condition = status.headline
      table.add([
        status.id.description, condition?.type.rawValue ?? "Unknown", String(status.revision),
        condition.map { (now - $0.since).ago } ?? "–", condition?.message ?? "",
      ])
    }
    return Output.text(of: table) { cell, row, column in
      guard column == 1 else { return cell }
      return statuses[row].isReady ? Output.style.green(cell) : Output.style.yellow(cell)
    }
  }
}
