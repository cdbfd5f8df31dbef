import ArgumentParser
import ControlPlane
import JobModel
import Model
import Reconciling

struct NodeDrain: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Cordon a node and wait until no work runs on it.",
    discussion: """
      Exits with 1 if --within expires first. The node stays cordoned in every case, also after Ctrl-C; \
      ‘node uncordon’ makes it available again.
      """)

  @OptionGroup var options: NodeOptions

  @Option(name: .long, help: ArgumentHelp("Timeout, such as 30m.", valueName: "time"))
  var within = "1h"

  func run() async throws {
    let within = try TimeSpan.option("--within", within, isZeroAllowed: true)
    let output = options.output
    try await OpenJobService.open(options.scope) { open in
      let cordoned = try await open.cordon(options.node, true)
      if output == .text { Output.print(open.nodeText.cordonState(cordoned)) }
      let began = open.time.now()
      let last = try await open.drain(
        cordoned, until: began + within, on: StatusLine(isForPrograms: output != .text))
      guard last.slotsUsed == 0 else {
        throw CommandFailure.failed(
          "\(last.name) still runs work after \(within): rendertrust job list --status running")
      }
      open.write(last, as: output) { $0.drained(last, since: began) }
    }
  }
}

extension OpenJobService {
  private static let pollInterval = TimeSpan(milliseconds: 500)

  /// Waits until no work runs on the node or the time is over.
  /// - Throws: exit code 130 after Ctrl-C, and errors of the scheduler.
  func drain(
    _ first: NodeStatus, until end: Timestamp, on line: StatusLine
  ) async throws -> NodeStatus {
    let result = await line.animate(by: time) { await waitForWork(on: first, until: end, line) }
    guard let result else {
      Output.error("\(first.name) stays cordoned: rendertrust node uncordon \(first.name)")
      throw ExitCode(130)
    }
    return try result.get()
  }

  private func waitForWork(
    on first: NodeStatus, until end: Timestamp, _ line: StatusLine
  ) async -> Result<NodeStatus, CommandFailure> {
    let began = time.now()
    var status = first
    do throws(CommandFailure) {
      while status.slotsUsed > 0, time.now() < end, !Task.isCancelled {
        line.show { [status] in nodeText.draining(status, since: began) }
        try? await time.sleep(Self.pollInterval)
        let next = try await node(first.name)
        if next.slotsUsed != status.slotsUsed, next.slotsUsed > 0, !Output.isTerminal {
          line.print(nodeText.draining(next, since: began))
        }
        status = next
      }
      return .success(status)
    } catch {
      return .failure(error)
    }
  }
}
