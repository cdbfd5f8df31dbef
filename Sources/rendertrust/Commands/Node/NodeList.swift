import ArgumentParser
import ControlPlane
import JobModel
import Model

struct NodeList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List nodes with their status and used capacity.")

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  func run() async throws {
    try await OpenJobService.open(scope) { open in
      let nodes = try await open.call { service throws(JobError) in try await service.nodes() }.sorted {
        $0.name < $1.name
      }
      output.write(.array(nodes.map(\.document)), names: nodes.map(\.name)) {
        guard !nodes.isEmpty else {
          return "There are no nodes: add a Node to the manifests and apply them.\n"
        }
        return open.nodeText.list(nodes, width: Output.width)
      }
    }
  }
}
