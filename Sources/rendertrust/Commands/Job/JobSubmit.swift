import ArgumentParser
import ControlPlane
import JobModel
import Ledger
import Model

struct JobSubmit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Submit a job to a module.",
    discussion: """
      Holds the maximum cost in credits; the difference to the actual cost is released when the job ends. A \
      key makes the submission idempotent: the same key returns the same job.

      With --wait, exits with 0 if the job succeeded, with 1 if it failed or was cancelled.
      """)

  @Argument(help: "Name of the module.")
  var module: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Input: JSON, @file with JSON, or - for standard input.", valueName: "json|@file|-"))
  var input = "{}"

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("Account that pays, such as account/ada.", valueName: "account"))
  var account: String?

  @Option(name: .long, help: "Number of units of the module, such as frames.")
  var units: Int64 = 1

  @Option(
    name: .long,
    help: ArgumentHelp("Maximum cost. Default: the price of the units.", valueName: "credits"))
  var budget: String?

  @Option(name: .long, help: "Priority among the jobs of the account, 0 to 9, highest first.")
  var priority = 5

  @Option(name: .long, help: ArgumentHelp("Maximum duration, such as 10m.", valueName: "time"))
  var within: String?

  @Option(name: .long, help: ArgumentHelp("Idempotency key among the jobs of the account.", valueName: "key"))
  var key: String?

  @Flag(name: .long, help: "Wait for the job and print its output.")
  var wait = false

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  func run() async throws {
    let order = try order()
    try await OpenJobService.open(scope) { open in
      var job = try await open.call { service throws(JobError) in try await service.submit(order) }
      if wait {
        // Progress goes to standard output on a terminal only, so that programs read the job's output alone.
        let prints = output == .text && Output.isTerminal ? WatchedOutput.lines : .nothing
        if prints == .lines { Output.print(open.jobText.accepted(job)) }
        job = try await open.watch(job, prints: prints)
      }
      open.write(job, as: output) { text in
        if wait { return OutputFilter.harmless(json: job.output?.prettyJSON ?? "") }
        return text.submitted(job)
      }
      if wait, job.state != .succeeded { throw ExitCode(1) }
    }
  }

  private func order() throws(CommandFailure) -> JobOrder {
    if account == nil, case .server = try scope.connection.target() {
      // The server uses the account of the token.
      return try order(of: "")
    }
    guard let account else {
      throw .usage(
        "name the paying account, such as --as account/ada; rendertrust credits lists the accounts")
    }
    let creator = LedgerStore.plainName(account)
    guard LedgerStore.isValidName(creator) else {
      throw .usage("--as must be an account of a creator such as account/ada, not ‘\(account)’")
    }
    return try order(of: creator)
  }

  private func order(of creator: String) throws(CommandFailure) -> JobOrder {
    var order = JobOrder(creator: creator, module: module, input: try JobInput.value(input), units: units)
    if let budget {
      guard let credits = Credits(budget) else {
        throw .usage("--budget must be a number of credits such as 25 or 0.5, not ‘\(budget)’")
      }
      order.budget = credits
    }
    if let within { order.within = try TimeSpan.option("--within", within, isZeroAllowed: true) }
    order.priority = priority
    order.key = key
    if let problem = order.problem {
      throw .usage("--\(problem.field ?? "order"): \(problem.message)")
    }
    return order
  }
}

/// The value of `--input`.
enum JobInput {
  static func value(_ text: String) throws(CommandFailure) -> Value {
    let json: String
    let name: String
    if text == "-" {
      (json, name) = (try Files.read("/dev/stdin"), "standard input")
    } else if text.hasPrefix("@") {
      (json, name) = (try Files.read(String(text.dropFirst())), String(text.dropFirst()))
    } else {
      (json, name) = (text, "--input")
    }
    do throws(Value.JSONError) {
      return try Value(json: json)
    } catch {
      throw .usage("\(name) is \(error); for example --input '{\"text\": \"hi\"}'")
    }
  }
}

extension JobText {
  /// Printed before the progress of a job.
  func accepted(_ job: Job) -> String {
    "Job \(style.bold(job.id.text)) of \(job.module); \(job.held) credits of \(job.creator) are held."
  }

  /// The result of a submission without `--wait`.
  func submitted(_ job: Job) -> String {
    guard !job.state.isOver else { return headline(job) + "\n" }
    let state = job.attempts.last.map { "was dispatched to \($0.node)" } ?? "is pending"
    return "\(style.green("✓")) Job \(style.bold(job.id.text)) of \(job.module) \(state); "
      + "\(job.held) credits of \(job.creator) are held.\n"
      + style.dim("  rendertrust job watch \(job.id.text)") + "\n"
  }
}
