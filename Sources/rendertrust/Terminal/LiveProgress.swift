import ControlPlane
import Manifests
import Model
import Planning
import Reconciling
import Synchronization

/// Prints the progress of a pass: one line for each finished step, and on a terminal a status line at the
/// bottom with the running steps.
final class LiveProgress: Reporter {
  private struct State {
    /// Running steps, oldest first.
    var running: [(id: ResourceID, summary: String, since: Timestamp)] = []
    /// The removal that the controller waits for.
    var pendingRemovals: [PendingRemoval] = []
    var hasStatusLine = false
    var frame = 0
    var failures = 0
    var showsPlan: Bool
    var hasShownPlan = false
    /// Whether a summary of all resources follows.
    var isSummarised = false
    /// File descriptor of the lines.
    var stream: Int32 = 1
  }

  private let state: Mutex<State>
  private let time: TimeSource
  private let style = Output.style

  /// - Parameter showsPlan: whether each pass that has changes prints its plan first.
  init(time: TimeSource, showsPlan: Bool) {
    self.time = time
    state = Mutex(State(showsPlan: showsPlan))
  }

  var handler: ProgressHandler { { [self] progress in show(progress) } }

  /// Omits what the summary repeats.
  /// - Parameter isForPrograms: standard output is reserved for the summary as JSON; lines go to standard
  ///   error.
  func summariseLater(isForPrograms: Bool) {
    state.withLock { state in
      state.isSummarised = true
      if isForPrograms {
        state.stream = 2
        state.showsPlan = false
      }
    }
  }

  /// Reasons of events that the summary does not contain.
  private static let notInSummary: Set<EventReason> = [
    .driftDetected, .driftHealed, .condition(.callDoesNotEnd), .guardAllowed,
  ]
  /// Reasons of events about steps, which have lines of their own.
  private static let stepReasons: Set<EventReason> = [.applied, .removed, .condition(.stepFailed)]

  private func show(_ progress: Progress) {
    state.withLock { state in
      switch progress {
      case .loop(.pendingRemovals(let removals)): state.pendingRemovals = removals
      case .observing, .settled, .loop: break
      case .planned(let plan):
        // A later plan is printed only if it has steps to execute.
        if state.showsPlan, !state.hasShownPlan || plan.resources.contains(where: \.isExecutable) {
          printAbove(plan.text(style: style, width: Output.width), &state)
          state.hasShownPlan = true
        }
      case .started(let id, let step):
        state.running.append((id, step.summary, time.now()))
      case .finished(let id, let step, let span, let error):
        state.running.removeAll { $0.id == id && $0.summary == step.summary }
        printAbove(line(id, step, span, error), &state)
      case .note(let event):
        guard !LiveProgress.stepReasons.contains(event.reason) else { break }
        if state.isSummarised, event.id != nil, !LiveProgress.notInSummary.contains(event.reason) { break }
        printAbove(line(event), &state)
      }
      drawStatus(&state)
    }
  }

  /// Advances the spinner; called several times a second.
  func tick() {
    guard Output.isTerminal else { return }
    state.withLock { state in
      state.frame += 1
      drawStatus(&state)
    }
  }

  /// Prints a line above the status line.
  func say(_ text: String) {
    state.withLock { state in
      printAbove(text, &state)
      drawStatus(&state)
    }
  }

  func remark(_ text: String) {
    state.withLock { state in
      eraseStatus(&state)
      Output.error(text)
      drawStatus(&state)
    }
  }

  func report(_ diagnostics: [Diagnostic]) {
    guard !diagnostics.isEmpty else { return }
    remark(diagnostics.text)
  }

  func reportReady(_ readiness: Readiness) {
    say(
      "\(style.green("✓")) All \(readiness.resources) resources of \(readiness.environment) are ready after "
        + "\(readiness.elapsed.elapsed).")
  }

  func warn(_ text: String) { say("\(style.yellow("!")) \(text)") }

  /// Erases the status line.
  func clear() { state.withLock { eraseStatus(&$0) } }

  private func line(_ id: ResourceID, _ step: AnyStep, _ span: TimeSpan, _ error: BackendError?) -> String {
    let duration = style.dim(span.elapsed)
    let summary = TextStyle.harmless(step.summary)
    guard let error else { return "\(style.green("✓")) \(id)  \(summary)  \(duration)" }
    let message = style.red(TextStyle.harmless(error.message))
    return "\(style.red("✗")) \(id)  \(summary)  \(duration)\n  \(message)"
      + (error.hint.map { "\n  \(TextStyle.harmless($0))" } ?? "")
  }

  private func line(_ event: Event) -> String {
    let mark = event.isWarning ? style.yellow("!") : style.dim("·")
    let subject = event.id.map { "\($0)  " } ?? ""
    return "\(mark) \(subject)\(style.bold(event.reason.rawValue))  \(TextStyle.harmless(event.message))"
  }

  private func printAbove(_ text: String, _ state: inout State) {
    eraseStatus(&state)
    Output.write(text.hasSuffix("\n") ? text : text + "\n", to: state.stream)
  }

  private func eraseStatus(_ state: inout State) {
    guard state.hasStatusLine else { return }
    Output.eraseLine()
    state.hasStatusLine = false
  }

  /// The oldest running step, or the removal that the controller waits for; nil when nothing happens.
  private func status(of state: State) -> String? {
    guard let oldest = state.running.first else { return state.pendingRemovals.sentence(now: time.now()) }
    let others = state.running.count > 1 ? " and \(state.running.count - 1) more" : ""
    return "\(oldest.id)  \(oldest.summary)\(others)  \((time.now() - oldest.since).elapsed)"
  }

  private func drawStatus(_ state: inout State) {
    guard Output.isTerminal, state.stream == 1 else { return }
    eraseStatus(&state)
    guard let text = status(of: state) else { return }
    let width = max((Output.width ?? 80) - 3, 10)
    Output.write("\(style.cyan(StatusLine.spinner(state.frame))) \(TextStyle.harmless(text).prefix(width))")
    state.hasStatusLine = true
  }
}
