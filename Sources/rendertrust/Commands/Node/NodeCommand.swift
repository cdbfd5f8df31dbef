import ArgumentParser
import ControlPlane
import JobModel
import Manifests
import Model

struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "List nodes and take them out of service.",
    subcommands: [NodeList.self, NodeCordon.self, NodeUncordon.self, NodeDrain.self],
    defaultSubcommand: NodeList.self)
}

/// One node, and how to print it.
struct NodeOptions: ParsableArguments {
  @Argument(help: "Name of the node.")
  var node: String

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  /// Cordons or uncordons the node and prints its state.
  func cordon(_ isCordoned: Bool) async throws {
    let (node, output) = (node, output)
    try await OpenJobService.open(scope) { open in
      let status = try await open.cordon(node, isCordoned)
      open.write(status, as: output) { $0.cordonState(status) }
    }
  }
}

extension OpenJobService {
  /// The node of this name, with or without the prefix `Node/`.
  func node(_ name: String) async throws(CommandFailure) -> NodeStatus {
    let name = name.hasPrefix("Node/") ? String(name.dropFirst("Node/".count)) : name
    let nodes = try await call { service throws(JobError) in try await service.nodes() }
    guard let found = nodes.first(where: { $0.name == name }) else {
      let hint = Suggestion.hint(for: name, among: nodes.map(\.name), noun: "nodes")
      throw .failed("there is no node ‘\(name)’" + (hint.map { "; \($0)" } ?? ""))
    }
    return found
  }

  func cordon(_ name: String, _ isCordoned: Bool) async throws(CommandFailure) -> NodeStatus {
    let name = try await node(name).name
    return try await call { service throws(JobError) in
      isCordoned ? try await service.cordon(node: name) : try await service.uncordon(node: name)
    }
  }

  func write(_ status: NodeStatus, as format: OutputFormat, text: (NodeText) -> String) {
    format.write(status.document, names: [status.name]) { text(nodeText) + "\n" }
  }
}
