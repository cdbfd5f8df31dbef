import ArgumentParser
import ControlPlane
import JobModel
import Ledger
import Manifests
import Model

struct JobList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")

  @Option(
    name: .long,
    help: "Only those that are pending, dispatched, running, succeeded, failed or cancelled.")
  var status: JobState?

  @Option(name: .long, help: "Only those of this module.")
  var module: String?

  @Option(name: .long, help: "Only those that this account pays.")
  var account: String?

  @Option(name: .long, help: "How many to list.")
  var limit = 50

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func validate() throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit is a number from 1 to 200") }
  }

  func run() async throws {
    let query = JobQuery(
      creator: account.map { LedgerStore.plainName($0) }, state: status, module: module, limit: limit)
    try await Session.withJobs(options) { open in
      let jobs = try await open.ask { desk throws(JobError) in try await desk.jobs(query) }
      switch output {
      case .json: Output.write(Value.array(jobs.map(\.value)).prettyJSON)
      case .yaml: Output.write(YAMLWriter.text(of: .array(jobs.map(\.value))))
      case .name: for job in jobs { Output.print(job.id.text) }
      case .text:
        guard !jobs.isEmpty else { return Output.print("There are no such jobs.") }
        Output.write(open.jobText.list(jobs, width: Output.width))
      }
      if jobs.count == limit, limit < 200, output == .text {
        Output.error("there may be more than \(limit): say --limit to see them")
      }
    }
  }
}

extension JobState: ExpressibleByArgument {}
