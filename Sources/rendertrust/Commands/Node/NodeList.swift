import ArgumentParser
import ControlPlane
import JobModel
import Manifests
import Model

struct NodeList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show the nodes: whether they are there, and what is in use.")

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withJobs(options) { open in
      let nodes = try await open.ask { desk throws(JobError) in try await desk.nodes() }.sorted {
        $0.name < $1.name
      }
      switch output {
      case .json: Output.write(Value.array(nodes.map(\.value)).prettyJSON)
      case .yaml: Output.write(YAMLWriter.text(of: .array(nodes.map(\.value))))
      case .name: for status in nodes { Output.print(status.name) }
      case .text:
        guard !nodes.isEmpty else {
          return Output.print("There are no nodes: add a Node to the manifests and apply them.")
        }
        Output.write(open.nodeText.list(nodes, width: Output.width))
      }
    }
  }
}
