import ArgumentParser
import ControlPlane
import JobModel
import Model

struct JobWhy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Explain the scheduling decisions about a job.")

  @OptionGroup var options: JobOptions

  func run() async throws {
    try await options.withJob { open, id in
      let trace = try await open.call { service throws(JobError) in try await service.trace(of: id, of: nil) }
      options.output.write(trace.value, names: [trace.job.id.text]) { open.jobText.why(trace) }
    }
  }
}
