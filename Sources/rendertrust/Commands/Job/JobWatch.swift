import ArgumentParser
import ControlPlane
import JobModel
import Model
import Reconciling

struct JobWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Tell what happens to a job until it is over.",
    discussion: """
      Exits with 0 when it succeeded, 1 when it failed or was cancelled. Ctrl-C ends the watching, not the job. \
      json prints the whole job, on one line, each time that it changes.
      """)

  @Argument(help: "The job.")
  var id: String

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func validate() throws {
    guard output == .text || output == .json else { throw ValidationError("watch prints text or json") }
  }

  func run() async throws {
    try await Session.withJobs(options) { open in
      let id = try await open.id(id)
      let job = try await open.ask { desk throws(JobError) in try await desk.job(id) }
      if output == .text { Output.write(open.jobText.headline(job) + "\n") }
      guard !job.state.isOver || output == .json else { throw ExitCode(job.state == .succeeded ? 0 : 1) }
      let end = try await open.watch(job, prints: output == .json ? .documents : .lines)
      if end.state != .succeeded { throw ExitCode(1) }
    }
  }
}

/// What is printed of a job that is watched.
enum WatchedOutput {
  case lines
  /// Each version as a line of JSON on standard output.
  case documents
  /// Standard output is for what comes in the end; lines go to standard error.
  case nothing
}

extension OpenJobService {
  private static let patience = Duration.seconds(20)

  /// Tells what happens to a job, from its beginning on, and returns it when it is over.
  /// - Throws: exit code 130 after Ctrl-C, and what the scheduler says.
  func watch(_ first: Job, prints: WatchedOutput) async throws -> Job {
    let line = StatusLine(isForPrograms: prints != .lines)
    let result = await line.keepAlive(by: time) { await follow(first, on: line, prints: prints) }
    guard let result else {
      Output.error("The job goes on: rendertrust job watch \(first.id)")
      throw ExitCode(130)
    }
    do throws(JobError) {
      return try result.get()
    } catch {
      throw CommandFailure(error)
    }
  }

  private func follow(
    _ first: Job, on line: StatusLine, prints: WatchedOutput
  ) async -> Result<Job, JobError> {
    var job = first
    var before: Job?
    do throws(JobError) {
      while true {
        if prints == .documents, before?.version != job.version { Output.print(job.value.json) }
        if prints != .documents {
          let style = prints == .lines ? Output.style : Output.errorStyle
          for news in JobText(style: style, now: time.now()).news(of: job, since: before) { line.say(news) }
          line.show { [job] in JobText(style: style, now: time.now()).underWay(job) }
        }
        if job.state.isOver { return .success(job) }
        before = job
        job = try await desk.job(job.id, of: nil, newerThan: job.version, timeout: Self.patience)
      }
    } catch {
      return .failure(error)
    }
  }
}
