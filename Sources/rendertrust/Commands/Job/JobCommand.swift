import ArgumentParser
import ControlPlane
import JobModel
import Model
import Reconciling

struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job", abstract: "Submit, watch and inspect jobs.",
    discussion: "Name a job by its ID or by a unique prefix of its ID.",
    subcommands: [
      JobSubmit.self, JobGet.self, JobList.self, JobWatch.self, JobCancel.self, JobWhy.self,
    ],
    defaultSubcommand: JobList.self)
}

/// One job, and how to print it.
struct JobOptions: ParsableArguments {
  @Argument(help: "Job ID or a unique prefix.")
  var id: String

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  func withJob(_ body: @Sendable (OpenJobService, JobID) async throws -> Void) async throws {
    let id = id
    try await OpenJobService.open(scope) { open in try await body(open, try await open.id(id)) }
  }
}

extension OpenJobService {
  var jobText: JobText { JobText(style: Output.style, now: time.now()) }
  var nodeText: NodeText { NodeText(style: Output.style, now: time.now()) }

  func write(_ job: Job, as format: OutputFormat, text: (JobText) -> String) {
    format.write(job.value, names: [job.id.text]) { text(jobText) }
  }
}
