import ArgumentParser
import Model
import Planning
import Reconciling

/// The result of an apply or a rollback as text: one line for each affected resource, failures last, and a
/// line with totals. A message that several resources share is printed once.
struct Summary {
  private let report: ApplyReport
  private let style = Output.style

  init(_ convergence: Engine.Convergence) { report = ApplyReport(convergence) }
  init(_ report: ApplyReport) { self.report = report }

  /// Prints the summary.
  /// - Throws: exit code 1 if a resource failed or is not ready, 4 if a guard blocked it.
  func report(as title: String? = nil) throws {
    Output.write(text(as: title))
    guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
  }

  /// - Parameter title: of the totals; nil: the revision.
  func text(as title: String? = nil) -> String {
    let shown = report.entries
    let words = shown.map { $0.state.word.count }.max() ?? 0
    let names = shown.map { $0.id.description.count }.max() ?? 0
    var text = ""
    var printed: Set<String> = []
    for entry in shown {
      let word = entry.state.word + String(repeating: " ", count: words - entry.state.word.count)
      let name = entry.id.description
      let line = "\(entry.state.mark(style)) \(entry.state.paint(word, style))  \(name)"
      let gap = String(repeating: " ", count: names - name.count + 2)
      let isShared = shown.count { $0.message == entry.message } > 1
      if entry.message.isEmpty {
        text += line + "\n"
      } else if isShared, !printed.insert(entry.message).inserted {
        text += line + gap + style.dim("same cause") + "\n"
      } else {
        text += line + gap + wrapped(entry.message, indent: words + names + 6) + "\n"
      }
    }
    return text + (shown.isEmpty ? "" : "\n") + footer(title) + "\n"
  }

  /// The message wrapped to the width of the terminal, with a hanging indent.
  private func wrapped(_ message: String, indent: Int) -> String {
    guard let width = Output.width, width > indent + 24 else { return message }
    var lines: [String] = [""]
    for word in message.split(separator: " ", omittingEmptySubsequences: false) {
      if !lines[lines.count - 1].isEmpty, lines[lines.count - 1].count + word.count + 1 > width - indent {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
      }
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }

  /// `Revision 3 of dev: 2 done, 1 failed, 1 skipped, 12 unchanged.`
  private func footer(_ title: String?) -> String {
    let title = title ?? "Revision \(report.revision) of \(report.environment)"
    let order: [ApplyReport.State] = [
      .failed, .guarded, .skipped, .stopped, .waiting, .superseded, .done, .removed, .left, .unchanged,
    ]
    let parts = order.compactMap { state -> String? in
      let count = report.count(state)
      return count == 0 ? nil : state.paint("\(count) \(state.counted)", style)
    }
    return style.bold("\(title):") + " " + (parts.isEmpty ? "nothing to do" : parts.joined(separator: ", "))
      + "."
  }
}

extension ApplyReport.State {
  /// The word at the beginning of a line.
  fileprivate var word: String {
    switch self {
    case .left: "not enforced"
    case .guarded: "blocked"
    default: rawValue
    }
  }

  /// After a number.
  fileprivate var counted: String {
    switch self {
    case .waiting: "not ready"
    case .left: "not enforced"
    case .guarded: "blocked by a guard"
    case .superseded: "superseded by a newer revision"
    default: rawValue
    }
  }

  fileprivate func mark(_ style: TextStyle) -> String {
    switch self {
    case .done, .removed, .unchanged: style.green("✓")
    case .failed: style.red("✗")
    case .skipped, .guarded, .stopped: style.yellow("!")
    case .waiting: style.cyan("…")
    case .left, .superseded: style.dim("·")
    }
  }

  fileprivate func paint(_ text: String, _ style: TextStyle) -> String {
    switch self {
    case .done, .removed: style.green(text)
    case .failed: style.red(text)
    case .skipped, .guarded, .stopped, .waiting: style.yellow(text)
    case .left, .superseded, .unchanged: style.dim(text)
    }
  }
}
