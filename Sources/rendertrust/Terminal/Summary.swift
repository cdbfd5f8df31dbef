import ArgumentParser
import Model
import Planning
import Reconciling

/// What an apply came to: a line for each resource that is not as declared, a line that counts, an exit code.
struct Summary {
  private let convergence: Engine.Convergence
  private let style = Output.style

  init(_ convergence: Engine.Convergence) { self.convergence = convergence }

  /// Prints, and throws the exit code where something is left: 1 for failures, 4 for guards.
  func report() throws {
    let findings = convergence.findings.sorted { $0.key < $1.key }
    let unsettled = findings.filter { !$0.value.isRemoved && !$0.value.status.isReady }
    let settled = findings.filter { $0.value.isRemoved || $0.value.status.isReady }
    let done = settled.count { finding in convergence.passes.contains { $0.results[finding.key] == .done } }
    var text = ""
    for (id, finding) in unsettled {
      let condition = finding.status.conditions.first { $0.status } ?? finding.status.condition(.ready)
      guard let condition else { continue }
      text += "\(mark(condition)) \(id)  \(style.bold(condition.reason))  \(condition.message)\n"
    }
    let failed = unsettled.filter { $0.value.status.failures > 0 }.count
    let guarded = unsettled.contains { $0.value.status.condition(.blocked)?.reason == "Guarded" }
    let interrupted = unsettled.contains { $0.value.status.condition(.progressing)?.reason == "Stopped" }
    // Drift that is only to be reported, and what is paused, is as the operator wants it.
    let spared = unsettled.filter { $0.value.status.mode != .enforce && $0.value.status.failures == 0 }.count
    // Gone, and only looked at for a while more.
    let settling = unsettled.filter { $0.value.isSettling }.count
    let waiting = unsettled.count - failed - spared - settling
    text += "\nRevision \(convergence.revision.number) of \(convergence.revision.environment): "
    text += "\(done - removed) applied"
    text += removed > 0 ? ", \(removed) removed" : ""
    let unchanged = findings.count - unsettled.count - done
    text += unchanged > 0 ? ", \(unchanged) unchanged" : ""
    text += failed > 0 ? style.red(", \(failed) failed") : ""
    text += settling > 0 ? ", \(settling) gone but not forgotten yet" : ""
    text += spared > 0 ? ", \(spared) left alone by mode" : ""
    text += waiting > 0 ? style.yellow(", \(waiting) not ready") : ""
    Output.print(text + ".")
    if failed > 0 || interrupted { throw ExitCode(1) }
    if guarded { throw ExitCode(4) }
    if waiting > 0 { throw ExitCode(1) }
  }

  private var removed: Int { convergence.findings.values.filter(\.isRemoved).count }

  private func mark(_ condition: Condition) -> String {
    switch condition.type {
    case .degraded: style.red("✗")
    case .blocked, .drifted: style.yellow("!")
    case .progressing, .ready: style.cyan("…")
    }
  }
}
