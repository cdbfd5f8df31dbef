internal import ContainerSupport
internal import JobModel
internal import Model

/// How the execution of an attempt ended.
enum ExecutionEnd: Hashable, Sendable {
  case command(CommandResult, command: [String])
  case answer(status: Int, body: [UInt8])
  case timedOut
  case tooMuchOutput
  /// The node has no healthy container of the job's image.
  case noContainer
  /// The module has no healthy container, and another module has one of the same image. Heartbeats report
  /// images only, so the scheduler could not know that.
  case containerNotReady
  /// The module is not declared any longer, so its interface is unknown.
  case unknownModule
  /// The container exited during the attempt.
  case containerExited
  /// The engine or the container did not answer.
  case unreachable(String)
  /// The job was cancelled, or its time or credits ran out.
  case stopped
  /// The runner stops.
  case runnerStopped
}

/// The result of an attempt as the scheduler records it. Pure.
///
/// A failure is final when it would repeat on every node: exit code 65 (`EX_DATAERR`) and HTTP status 4xx
/// mean that the module rejects the input; a time-out and an output of more than `maxOutputBytes` are final
/// too. Any other failure may be retried on another node. The end of a container, of the module's declaration
/// or of the runner is an interruption: the scheduler decides whether it counts as a failure of the node.
enum AttemptOutcome: Hashable, Sendable {
  case success(units: Int64, output: Value, artefacts: [Artefact])
  case failure(reason: String, isFinal: Bool)
  /// Something outside the job ended the attempt.
  case interruption(WorkReport.Interruption, reason: String)

  /// The limit of a job's output, in bytes of JSON.
  static let maxOutputBytes = 1 << 20
  static let rejectionExitCode = 65

  init(_ end: ExecutionEnd, of order: WorkOrder) {
    switch end {
    case .command(let result, let command):
      switch result.end {
      case .exited(0): self = .completed(result.output, order, errors: result.errors)
      case .exited(let code): self = .failed(exitCode: code, result.errors, command)
      case .timedOut: self.init(.timedOut, of: order)
      case .tooMuchOutput: self.init(.tooMuchOutput, of: order)
      }
    case .answer(let status, let body):
      self =
        (200..<300).contains(status)
        ? .completed(body, order, errors: []) : .failed(httpStatus: status, body)
    case .timedOut:
      self = .failure(reason: "timed out and was stopped at \(order.stopAt)", isFinal: true)
    case .tooMuchOutput:
      self = .failure(reason: "the output exceeds \(Self.maxOutputBytes >> 20) MiB", isFinal: true)
    case .noContainer:
      self = .interruption(
        .lostContainer, reason: "the node has no healthy container of \(order.module) with the job's image")
    case .containerNotReady:
      self = .interruption(
        .byPlatform, reason: "the container of \(order.module) on the node is not ready yet")
    case .unknownModule:
      self = .interruption(
        .byPlatform, reason: "the runner no longer knows the module \(order.module)")
    case .containerExited:
      self = .interruption(.lostContainer, reason: "the container exited during the attempt")
    case .unreachable(let message):
      self = .failure(reason: PlainLine.text(of: message, limit: 400), isFinal: false)
    case .stopped: self = .failure(reason: "the attempt was stopped", isFinal: true)
    case .runnerStopped: self = .interruption(.byPlatform, reason: "the runner was stopped")
    }
  }

  private static func completed(_ bytes: [UInt8], _ order: WorkOrder, errors: [UInt8]) -> AttemptOutcome {
    let output: Value
    do throws(Value.JSONError) {
      output = try Value(json: bytes)
    } catch {
      let isEmpty = bytes.allSatisfy { $0 <= 32 }
      let problem = isEmpty ? "the output is empty where JSON is expected" : "the output is \(error)"
      return .failure(reason: reason(problem, errors), isFinal: false)
    }
    let units = output["units"]?.number ?? order.units
    let artefacts = (output["artefacts"]?.elements ?? []).compactMap(Artefact.init)
    return .success(units: min(max(units, 0), order.units), output: output, artefacts: artefacts)
  }

  private static func failed(exitCode: Int, _ errors: [UInt8], _ command: [String]) -> AttemptOutcome {
    let program = PlainLine.text(of: command.first ?? "", limit: 100)
    let problem =
      switch exitCode {
      case rejectionExitCode: "the module rejects the input (exit code \(exitCode))"
      case 126: "\(program) in the container cannot be executed (exit code 126)"
      case 127: "\(program) does not exist in the container (exit code 127)"
      case 137: "the command was killed (exit code 137), possibly out of memory"
      default: "exit code \(exitCode)"
      }
    return .failure(reason: reason(problem, errors), isFinal: exitCode == rejectionExitCode)
  }

  private static func failed(httpStatus: Int, _ body: [UInt8]) -> AttemptOutcome {
    // The 4xx statuses that concern the moment and not the input: time-out, too early, too many requests.
    let isTransient = [408, 425, 429].contains(httpStatus)
    let isRejection = (400..<500).contains(httpStatus) && !isTransient
    let status = "HTTP status \(httpStatus)"
    let problem = isRejection ? "the module rejects the input (\(status))" : status
    return .failure(reason: reason(problem, body), isFinal: isRejection)
  }

  private static func reason(_ problem: String, _ bytes: [UInt8]) -> String {
    let lines = PlainLine.lastLines(of: bytes)
    return lines.isEmpty ? problem : "\(problem): \(lines)"
  }
}
