import ArgumentParser
import Model
import Planning
import Reconciling

/// The result of `apply --atomic`.
struct AtomicSummary {
  private let report: AtomicReport
  private let style = Output.style

  init(_ report: AtomicReport) { self.report = report }

  func report(as format: DocumentFormat) throws {
    format.write(report.value) { text }
    guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
  }

  private var target: String {
    report.rollbackRevision == 0 ? "an empty environment" : "revision \(report.rollbackRevision)"
  }

  private var text: String {
    var text = Summary(report.forward).text()
    switch report.end {
    case .applied: break
    case .kept:
      text +=
        "\(style.yellow("!")) These manifests were already the newest revision: "
        + "there is no revision to restore.\n"
    case .stopped:
      text +=
        "\(style.yellow("!")) Stopped before the end. The next ‘rendertrust up’ restores \(target); "
        + "‘rendertrust apply’ continues with its manifests.\n"
    case .rolledBack(let back):
      let number = report.forward.revision
      text += "\n"
      text += Summary(back).text(as: "Revision \(back.revision) of \(back.environment), restoring \(target)")
      let left = report.notRestored
      if !left.isEmpty {
        text +=
          "\(style.red("✗")) Not restored: \(left.map(\.description).joined(separator: ", ")).\n"
      }
      for loss in report.destroyed {
        text +=
          "\(style.red("✗")) \(loss.id): ‘\(loss.step)’ destroyed data that only a backup can restore.\n"
      }
      if left.isEmpty, report.destroyed.isEmpty {
        text += "\(style.green("✓")) The previous state is restored; revision \(number) is quarantined.\n"
      }
    }
    return text
  }
}
