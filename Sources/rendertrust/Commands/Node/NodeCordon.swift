import ArgumentParser
import ControlPlane
import JobModel

struct NodeCordon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon", abstract: "Let nothing new come to a node; what runs there stays.",
    discussion:
      "It lasts until ‘node uncordon’. To cordon a node for good, set `schedulable: false` in its manifest.")

  @Argument(help: "The node.")
  var node: String

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withJobs(options) { open in
      let status = try await open.hold(node, true)
      open.write(status, as: output) { $0.held(status) }
    }
  }
}
