import ArgumentParser
import ControlPlane
import JobModel
import Model

struct JobGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show a job with its attempts and output.")

  @OptionGroup var options: JobOptions

  func run() async throws {
    try await options.withJob { open, id in
      let job = try await open.call { service throws(JobError) in try await service.job(id) }
      open.write(job, as: options.output) { $0.details(job, width: Output.width) }
    }
  }
}
