import ArgumentParser
import ControlPlane
import JobModel
import Manifests
import Model

struct JobWhy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Say why a job went where it went, or why it waits.")

  @Argument(help: "The job.")
  var id: String

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withJobs(options) { open in
      let id = try await open.id(id)
      let story = try await open.ask { desk throws(JobError) in try await desk.trace(of: id, of: nil) }
      switch output {
      case .json: Output.write(story.value.prettyJSON)
      case .yaml: Output.write(YAMLWriter.text(of: story.value))
      case .name: Output.print(story.job.id.text)
      case .text: Output.write(open.jobText.why(story))
      }
    }
  }
}
