import ArgumentParser
import Model
import Planning
import Reconciling

/// What an apply as a whole came to, for people and programs.
struct AtomicSummary {
  private let end: Engine.AtomicConvergence
  private let style = Output.style

  init(_ end: Engine.AtomicConvergence) { self.end = end }

  func report(as format: OutputFormat) throws {
    let forward = ApplyReport(end.forward)
    let code = if case .applied = end.end { forward.exitCode } else { Int32(1) }
    if format == .json {
      Output.write(value(forward).prettyJSON)
    } else {
      Output.write(text(forward))
    }
    guard code == 0 else { throw ExitCode(code) }
  }

  private var target: String {
    end.goesBackTo == 0 ? "nothing at all" : "revision \(end.goesBackTo)"
  }

  private func text(_ forward: ApplyReport) -> String {
    var text = Summary(forward).text()
    switch end.end {
    case .applied: break
    case .stayed:
      text +=
        "\(style.yellow("!")) These manifests were the newest revision before, so there is nothing to go back to.\n"
    case .stopped:
      text +=
        "\(style.yellow("!")) Stopped in the middle. The next ‘rendertrust up’ goes back to \(target); "
        + "‘rendertrust apply’ goes on with what it is given.\n"
    case .wentBack(let convergence):
      let back = ApplyReport(convergence)
      let number = forward.revision.number
      text += "\n"
      text += Summary(back).text(
        as: "Revision \(back.revision.number) of \(back.revision.environment), back to \(target)")
      let left = stuck(back)
      if !left.isEmpty {
        text +=
          "\(style.red("✗")) Could not be put back: \(left.map(\.description).joined(separator: ", ")).\n"
      }
      for (id, step) in end.destroyed {
        text +=
          "\(style.red("✗")) \(id): what ‘\(step.summary)’ destroyed is not back; only a backup has it.\n"
      }
      if left.isEmpty, end.destroyed.isEmpty {
        text += "\(style.green("✓")) Everything is as it was before; revision \(number) is quarantined.\n"
      }
    }
    return text
  }

  private func stuck(_ back: ApplyReport) -> [ResourceID] {
    back.entries.filter { ![.done, .removed, .left].contains($0.state) }.map(\.id)
  }

  /// The report with what became of the whole; see docs/apply-json.md.
  private func value(_ forward: ApplyReport) -> Value {
    var atomic: [String: Value] = ["goesBackTo": .integer(end.goesBackTo)]
    switch end.end {
    case .applied: atomic["end"] = .string("applied")
    case .stayed: atomic["end"] = .string("stayed")
    case .stopped: atomic["end"] = .string("stopped")
    case .wentBack(let convergence):
      let back = ApplyReport(convergence)
      atomic["end"] = .string("wentBack")
      atomic["back"] = back.value
      atomic["notPutBack"] = .array(stuck(back).map { .string($0.description) })
      atomic["destroyed"] = .array(
        end.destroyed.map {
          .members(["id": .string($0.id.description), "step": .string($0.step.summary)])
        })
    }
    guard case .object(let members) = forward.value else { return forward.value }
    return .object((members + [Value.Member("atomic", .object(atomic))]).sorted { $0.key < $1.key })
  }
}
