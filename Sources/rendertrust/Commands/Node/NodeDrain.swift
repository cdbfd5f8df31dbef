import ArgumentParser
import ControlPlane
import JobModel
import Model
import Reconciling

struct NodeDrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Cordon a node and wait until nothing runs there.",
    discussion: """
      Exits with 1 when that takes longer than --within. The node stays cordoned in any case, also after Ctrl-C: \
      ‘node uncordon’ lets work come again.
      """)

  @Argument(help: "The node.")
  var node: String

  @Option(name: .long, help: ArgumentHelp("How long to wait, such as 30m.", valueName: "time"))
  var within = "1h"

  @OptionGroup var options: JobServiceOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    guard let within = TimeSpan(within) else {
      throw CommandFailure.usage("--within is a time such as 90s or 10m, not ‘\(within)’")
    }
    try await Session.withJobs(options) { open in
      let held = try await open.hold(node, true)
      if output == .text { Output.print(open.nodeText.held(held)) }
      let began = open.time.now()
      let last = try await open.drain(
        held, until: began + within, on: StatusLine(isForPrograms: output != .text))
      guard last.slotsUsed == 0 else {
        throw CommandFailure.failed(
          "\(last.name) still has work after \(within): rendertrust job list --status running")
      }
      open.write(last, as: output) { $0.drained(last, since: began) }
    }
  }
}

extension OpenJobService {
  private static let pause = TimeSpan(milliseconds: 500)

  /// Waits until nothing runs on the node, or the time is up.
  /// - Throws: exit code 130 after Ctrl-C, and what the scheduler says.
  func drain(
    _ first: NodeStatus, until end: Timestamp, on line: StatusLine
  ) async throws -> NodeStatus {
    let result = await line.keepAlive(by: time) { await empty(first, until: end, on: line) }
    guard let result else {
      Output.error("\(first.name) stays cordoned: rendertrust node uncordon \(first.name)")
      throw ExitCode(130)
    }
    return try result.get()
  }

  private func empty(
    _ first: NodeStatus, until end: Timestamp, on line: StatusLine
  ) async -> Result<NodeStatus, CommandFailure> {
    let began = time.now()
    var status = first
    do throws(CommandFailure) {
      while status.slotsUsed > 0, time.now() < end, !Task.isCancelled {
        line.show { [status] in nodeText.draining(status, since: began) }
        try? await time.sleep(Self.pause)
        let next = try await node(first.name)
        if next.slotsUsed != status.slotsUsed, next.slotsUsed > 0, !Output.isTerminal {
          line.say(nodeText.draining(next, since: began))
        }
        status = next
      }
      return .success(status)
    } catch {
      return .failure(error)
    }
  }
}
