import ArgumentParser
import ControlPlane
import JobModel
import Model

struct JobCancel: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel a job.",
    discussion: "Charges the work done so far and releases the remaining held credits.")

  @OptionGroup var options: JobOptions

  func run() async throws {
    try await options.withJob { open, id in
      let job = try await open.call { service throws(JobError) in
        try await service.cancel(id, of: nil, by: open.person)
      }
      open.write(job, as: options.output) { $0.cancelled(job) }
    }
  }
}

extension JobText {
  func cancelled(_ job: Job) -> String {
    guard !job.state.isOver else { return summary(of: job) + "\n" }
    let node = job.attempts.last.map { " on \($0.node)" } ?? ""
    return "\(style.yellow("!")) Job \(style.bold(job.id.text)) is being cancelled\(node).\n"
      + style.dim("  rendertrust job watch \(job.id.text)") + "\n"
  }
}
