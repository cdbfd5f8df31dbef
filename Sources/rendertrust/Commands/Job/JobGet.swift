import ArgumentParser
import ControlPlane
import JobModel
import Model

struct JobGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show all that is known of a job, with what it made.")

  @Argument(help: "The job.")
  var id: String

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withJobs(options) { open in
      let id = try await open.id(id)
      let job = try await open.ask { desk throws(JobError) in try await desk.job(id) }
      open.write(job, as: output) { $0.details(job, width: Output.width) }
    }
  }
}
