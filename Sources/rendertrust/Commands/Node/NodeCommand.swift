import ArgumentParser
import ControlPlane
import JobModel
import Manifests
import Model

struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "Look at the nodes that do the work, and take them out of it.",
    subcommands: [NodeList.self, NodeCordon.self, NodeUncordon.self, NodeDrain.self],
    defaultSubcommand: NodeList.self)
}

extension OpenJobService {
  /// The node of this name, with or without `Node/` before it.
  func node(_ name: String) async throws(CommandFailure) -> NodeStatus {
    let name = OpenJobService.plainNode(name)
    let nodes = try await ask { desk throws(JobError) in try await desk.nodes() }
    guard let found = nodes.first(where: { $0.name == name }) else {
      let hint = Suggestion.hint(for: name, among: nodes.map(\.name), noun: "nodes")
      throw .failed("there is no node ‘\(name)’" + (hint.map { "; \($0)" } ?? ""))
    }
    return found
  }

  func hold(_ name: String, _ isHeld: Bool) async throws(CommandFailure) -> NodeStatus {
    let known = try await node(name)
    return try await ask { desk throws(JobError) in
      isHeld ? try await desk.cordon(node: known.name) : try await desk.uncordon(node: known.name)
    }
  }

  func write(_ status: NodeStatus, as format: OutputFormat, text: (NodeText) -> String) {
    switch format {
    case .json: Output.write(status.value.prettyJSON)
    case .yaml: Output.write(YAMLWriter.text(of: status.value))
    case .name: Output.print(status.name)
    case .text: Output.print(text(nodeText))
    }
  }

  static func plainNode(_ name: String) -> String {
    name.hasPrefix("Node/") ? String(name.dropFirst("Node/".count)) : name
  }
}
