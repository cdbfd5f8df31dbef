import ArgumentParser
import ControlPlane
import JobModel
import Model

struct JobCancel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Stop a job, wherever it is.",
    discussion: "What it has done until then is paid; the rest of what was held is given back.")

  @Argument(help: "The job.")
  var id: String

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withJobs(options) { open in
      let id = try await open.id(id)
      let job = try await open.ask { desk throws(JobError) in
        try await desk.cancel(id, of: nil, by: open.person)
      }
      open.write(job, as: output) { $0.cancelled(job) }
    }
  }
}

extension JobText {
  func cancelled(_ job: Job) -> String {
    guard !job.state.isOver else { return end(job) + "\n" }
    let place = job.attempts.last.map { " on \($0.node)" } ?? ""
    return "\(style.yellow("!")) Job \(style.bold(job.id.text)) is being stopped\(place).\n"
      + style.dim("  rendertrust job watch \(job.id.text)") + "\n"
  }
}
