internal import ContainerSupport
internal import JobModel
internal import Model

/// How an attempt ended at its container.
enum ExecutionEnd: Hashable, Sendable {
  case command(CommandResult, command: [String])
  case answer(status: Int, body: [UInt8])
  case timedOut
  case tooMuchOutput
  /// No healthy container of the job's image is on the node.
  case noContainer
  /// Nobody knows a module of that name any longer, so nobody knows how it takes work.
  case unknownModule
  /// The container ended under it.
  case containerGone
  /// The engine or the container could not be asked.
  case unreachable(String)
  /// The job is cancelled, or its time or credits end.
  case stopped
  /// The runner ends.
  case runnerEnds
}

/// What an attempt's end means. Pure.
///
/// An exit code of 65 (`EX_DATAERR`) and an HTTP status of 4xx say that the module refuses the input: it
/// would elsewhere too. So is what took too long, or answers with more than `mostOutput`. Everything else may
/// be tried elsewhere.
struct AttemptOutcome: Hashable, Sendable {
  enum Verdict: Hashable, Sendable {
    case success(units: Int64, output: Value, artefacts: [Artefact])
    case failure(reason: String, isFinal: Bool)
  }

  /// Bytes of JSON that a job's output may have.
  static let mostOutput = 1 << 20
  static let refusal = 65

  let verdict: Verdict

  init(_ end: ExecutionEnd, of order: WorkOrder) {
    verdict = AttemptOutcome.verdict(end, order)
  }

  private static func verdict(_ end: ExecutionEnd, _ order: WorkOrder) -> Verdict {
    switch end {
    case .command(let result, let command):
      switch result.end {
      case .exited(0): return success(result.output, order, errors: result.errors)
      case .exited(let code): return failure(code, result.errors, command)
      case .timedOut: return verdict(.timedOut, order)
      case .tooMuchOutput: return verdict(.tooMuchOutput, order)
      }
    case .answer(let status, let body):
      if (200..<300).contains(status) { return success(body, order, errors: []) }
      return failure(status, body)
    case .timedOut:
      return .failure(reason: "its time was up: it was stopped at \(order.stopAt)", isFinal: true)
    case .tooMuchOutput:
      return .failure(reason: "its output is longer than \(mostOutput >> 20) MiB", isFinal: true)
    case .noContainer:
      return .failure(
        reason: "no healthy container of \(order.module) with the job's image is on the node", isFinal: false)
    case .unknownModule:
      return .failure(reason: "the module \(order.module) is no longer known to the runner", isFinal: false)
    case .containerGone: return .failure(reason: "its container ended under it", isFinal: false)
    case .unreachable(let message):
      return .failure(reason: PlainLine.text(of: message, most: 400), isFinal: false)
    case .stopped: return .failure(reason: "it was stopped", isFinal: true)
    case .runnerEnds: return .failure(reason: "the runner was stopped", isFinal: false)
    }
  }

  private static func success(_ bytes: [UInt8], _ order: WorkOrder, errors: [UInt8]) -> Verdict {
    let output: Value
    do throws(Value.JSONError) {
      output = try Value(json: bytes)
    } catch {
      let isEmpty = bytes.allSatisfy { $0 <= 32 }
      return .failure(
        reason: said(isEmpty ? "its output is empty where JSON belongs" : "its output is \(error)", errors),
        isFinal: false)
    }
    let units = output["units"]?.number ?? order.units
    let artefacts = (output["artefacts"]?.elements ?? []).compactMap(Artefact.init)
    return .success(units: min(max(units, 0), order.units), output: output, artefacts: artefacts)
  }

  private static func failure(_ code: Int, _ errors: [UInt8], _ command: [String]) -> Verdict {
    let program = PlainLine.text(of: command.first ?? "", most: 100)
    let what =
      switch code {
      case refusal: "the module refuses the input (exit code \(code))"
      case 126: "\(program) in the container cannot be executed (exit code 126)"
      case 127: "\(program) is not in the container (exit code 127)"
      case 137: "it was killed (exit code 137), perhaps for want of memory"
      default: "exit code \(code)"
      }
    return .failure(reason: said(what, errors), isFinal: code == refusal)
  }

  private static func failure(_ status: Int, _ body: [UInt8]) -> Verdict {
    // Those of 4xx that speak of the moment and not of the input: time-out, too early, too many requests.
    let isOfTheMoment = [408, 425, 429].contains(status)
    let isRefusal = (400..<500).contains(status) && !isOfTheMoment
    let what = isRefusal ? "the module refuses the input (HTTP status \(status))" : "HTTP status \(status)"
    return .failure(reason: said(what, body), isFinal: isRefusal)
  }

  private static func said(_ what: String, _ bytes: [UInt8]) -> String {
    let lines = PlainLine.lastLines(of: bytes)
    return lines.isEmpty ? what : "\(what): \(lines)"
  }
}
