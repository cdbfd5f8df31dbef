import ArgumentParser
import ControlPlane
import JobModel
import Ledger
import Model

struct JobList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")

  @Option(
    name: .long, help: "State of the jobs: pending, dispatched, running, succeeded, failed or cancelled.")
  var status: JobState?

  @Option(name: .long, help: "Module of the jobs.")
  var module: String?

  @Option(name: .long, help: "Account that pays for the jobs.")
  var account: String?

  @Option(name: .long, help: "Maximum number of jobs, 1 to 200.")
  var limit = 50

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  func validate() throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit must be a number from 1 to 200") }
  }

  func run() async throws {
    let query = JobQuery(
      creator: account.map { LedgerStore.plainName($0) }, state: status, module: module, limit: limit)
    try await OpenJobService.open(scope) { open in
      let jobs = try await open.call { service throws(JobError) in try await service.jobs(query) }
      output.write(.array(jobs.map(\.value)), names: jobs.map(\.id.text)) {
        jobs.isEmpty ? "There are no matching jobs.\n" : open.jobText.list(jobs, width: Output.width)
      }
      if jobs.count == limit, limit < 200, output == .text {
        Output.error("there may be more than \(limit) jobs: raise --limit to list them")
      }
    }
  }
}

extension JobState: ExpressibleByArgument {}
