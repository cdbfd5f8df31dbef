import ArgumentParser
import ControlPlane
import JobModel
import Model
import Reconciling

struct JobWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Watch a job until it ends.",
    discussion: """
      Exits with 0 if the job succeeded, with 1 if it failed or was cancelled. Ctrl-C stops watching; the \
      job continues. json prints the whole job on one line after each change.
      """)

  @Argument(help: "Job ID or a unique prefix.")
  var id: String

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  func run() async throws {
    try await OpenJobService.open(scope) { open in
      let id = try await open.id(id)
      let job = try await open.call { service throws(JobError) in try await service.job(id) }
      if output == .text { Output.print(open.jobText.headline(job)) }
      guard !job.state.isOver || output == .json else { throw ExitCode(job.state == .succeeded ? 0 : 1) }
      let end = try await open.watch(job, prints: output == .json ? .documents : .lines)
      // The job continues after the reader of the output closed it.
      if end.state.isOver, end.state != .succeeded { throw ExitCode(1) }
    }
  }
}

/// What is printed while a job is watched.
enum WatchedOutput {
  case lines
  /// Each version of the job as a line of JSON on standard output.
  case documents
  /// Standard output is reserved for the final document; lines go to standard error.
  case nothing
}

extension OpenJobService {
  private static let pollTimeout = Duration.seconds(20)

  /// Prints the changes of a job until it ends, or until standard output cannot be written.
  /// - Returns: the last version that was seen.
  /// - Throws: exit code 130 after Ctrl-C, and errors of the scheduler.
  func watch(_ first: Job, prints: WatchedOutput) async throws -> Job {
    let line = StatusLine(isForPrograms: prints != .lines)
    let result = await line.animate(by: time) { await follow(first, on: line, prints: prints) }
    guard let result else {
      Output.error("The job continues: rendertrust job watch \(first.id)")
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
        if prints == .documents, before?.version != job.version { Output.write(json: job.value.json + "\n") }
        if prints != .documents {
          let style = prints == .lines ? Output.style : Output.errorStyle
          let changes = JobText(style: style, now: time.now()).changes(of: job, since: before)
          for change in changes { line.print(change) }
          line.show { [job] in JobText(style: style, now: time.now()).status(of: job) }
        }
        if job.state.isOver || prints != .nothing && Output.condition != .open { return .success(job) }
        before = job
        job = try await service.job(job.id, of: nil, newerThan: job.version, timeout: Self.pollTimeout)
      }
    } catch {
      return .failure(error)
    }
  }
}
