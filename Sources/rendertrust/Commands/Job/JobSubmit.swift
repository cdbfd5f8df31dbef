import ArgumentParser
import ControlPlane
import JobModel
import Ledger
import Model

struct JobSubmit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Order work from a module.",
    discussion: """
      The credits that it can cost are held at once; what it did not cost is given back when it is over. With a key \
      of your own an order that was interrupted can be repeated: the same key gets the same job.

      With --wait: 0 when it succeeded, 1 when it failed or was cancelled.
      """)

  @Argument(help: "The module, as its manifest is named.")
  var module: String

  @Option(
    name: .long,
    help: ArgumentHelp("JSON, or @file with JSON, or - for standard input.", valueName: "json|@file|-"))
  var input = "{}"

  @Option(
    name: .customLong("as"), help: ArgumentHelp("Who pays, such as account/ada.", valueName: "account"))
  var account: String?

  @Option(name: .long, help: "How many of the module's units, such as frames.")
  var units: Int64 = 1

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The most credits that it may cost; without, what the units cost.", valueName: "credits"))
  var budget: String?

  @Option(name: .long, help: "0 to 9; among jobs of one account the greater goes first.")
  var priority = 5

  @Option(name: .long, help: ArgumentHelp("How long it may take, such as 10m.", valueName: "time"))
  var within: String?

  @Option(name: .long, help: ArgumentHelp("Names the order among all of the account's.", valueName: "key"))
  var key: String?

  @Flag(name: .long, help: "Watch it until it is over, and print what it made.")
  var wait = false

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    let order = try order()
    try await Session.withJobs(options) { open in
      var job = try await open.ask { desk throws(JobError) in try await desk.submit(order) }
      if wait {
        // What it made can be read by programs although progress is shown.
        let prints = output == .text && Output.isTerminal ? WatchedOutput.lines : .nothing
        if prints == .lines { Output.print(open.jobText.ordered(job)) }
        job = try await open.watch(job, prints: prints)
      }
      open.write(job, as: output) { text in
        if wait { return job.output.map(\.prettyJSON) ?? "" }
        return text.submitted(job)
      }
      if wait, job.state != .succeeded { throw ExitCode(1) }
    }
  }

  private func order() throws(CommandFailure) -> JobOrder {
    if account == nil, case .server = try options.place.place() {
      // Whoever the token is for.
      return try order(of: "")
    }
    guard let account else {
      throw .usage("say who pays with --as, such as --as account/ada; rendertrust credits lists the accounts")
    }
    let creator = LedgerStore.plainName(account)
    guard LedgerStore.isFree(creator) else {
      throw .usage("‘\(account)’ is no account of a creator; write for example account/ada")
    }
    return try order(of: creator)
  }

  private func order(of creator: String) throws(CommandFailure) -> JobOrder {
    var order = JobOrder(creator: creator, module: module, input: try JobInput.value(input), units: units)
    if let budget {
      guard let credits = Credits(budget) else {
        throw .usage("--budget is a number of credits such as 25 or 0.5, not ‘\(budget)’")
      }
      order.budget = credits
    }
    if let within {
      guard let span = TimeSpan(within) else {
        throw .usage("--within is a time such as 90s or 10m, not ‘\(within)’")
      }
      order.within = span
    }
    order.priority = priority
    order.key = key
    if let problem = order.problem {
      throw .usage("--\(problem.field ?? "order"): \(problem.message)")
    }
    return order
  }
}

/// What `--input` means.
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
  /// Above what happens to it.
  func ordered(_ job: Job) -> String {
    "Job \(style.bold(job.id.text)) of \(job.module); at most \(job.held) credits of \(job.creator) are spent."
  }

  /// What follows from an order.
  func submitted(_ job: Job) -> String {
    guard !job.state.isOver else { return headline(job) + "\n" }
    let place = job.attempts.last.map { "was given to \($0.node)" } ?? "waits for a place"
    return "\(style.green("✓")) Job \(style.bold(job.id.text)) of \(job.module) \(place); "
      + "at most \(job.held) credits of \(job.creator) are spent.\n"
      + style.dim("  rendertrust job watch \(job.id.text)") + "\n"
  }
}
