import ArgumentParser
import Model
import Planning
import Reconciling

/// What an apply as a whole came to, for people and programs.
struct AtomicSummary {
  private let report: AtomicReport
  private let style = Output.style

  init(_ report: AtomicReport) { self.report = report }

  func report(as format: OutputFormat) throws {
    Output.write(format == .json ? report.value.prettyJSON : text)
    guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
  }

  private var target: String {
    report.goesBackTo == 0 ? "nothing at all" : "revision \(report.goesBackTo)"
  }

  private var text: String {
    var text = Summary(report.forward).text()
    switch report.end {
    case .applied: break
    case .stayed:
      text +=
        "\(style.yellow("!")) These manifests were the newest revision before, so there is nothing to go back to.\n"
    case .stopped:
      text +=
        "\(style.yellow("!")) Stopped in the middle. The next ‘rendertrust up’ goes back to \(target); "
        + "‘rendertrust apply’ goes on with what it is given.\n"
    case .wentBack(let back):
      let number = report.forward.revision
      text += "\n"
      text += Summary(back).text(as: "Revision \(back.revision) of \(back.environment), back to \(target)")
      let left = report.notPutBack
      if !left.isEmpty {
        text +=
          "\(style.red("✗")) Could not be put back: \(left.map(\.description).joined(separator: ", ")).\n"
      }
      for loss in report.destroyed {
        text +=
          "\(style.red("✗")) \(loss.id): what ‘\(loss.step)’ destroyed is not back; only a backup has it.\n"
      }
      if left.isEmpty, report.destroyed.isEmpty {
        text += "\(style.green("✓")) Everything is as it was before; revision \(number) is quarantined.\n"
      }
    }
    return text
  }
}
