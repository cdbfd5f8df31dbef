import ArgumentParser
import ControlPlane
import JobModel

struct NodeUncordon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uncordon", abstract: "Let work come to a node again.")

  @Argument(help: "The node.")
  var node: String

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withJobs(options) { open in
      let status = try await open.hold(node, false)
      open.write(status, as: output) { $0.held(status) }
    }
  }
}
