import ControlPlane
import Manifests
import Model
import Planning
import Reconciling
import Synchronization

/// Shows a pass as it happens: a line for each finished step, and on a terminal one line at the bottom that tells
/// what is under way.
final class LiveProgress: Reporter {
  private struct State {
    /// Steps under way, oldest first.
    var running: [(id: ResourceID, summary: String, since: Timestamp)] = []
    var hasStatusLine = false
    var frame = 0
    var failures = 0
    var showsPlan: Bool
    var hasShownPlan = false
    /// Whether a summary follows that says how each resource is.
    var isSummarised = false
    /// The file descriptor that lines go to.
    var stream: Int32 = 1
  }

  private let state: Mutex<State>
  private let time: TimeSource
  private let style = Output.style

  /// - Parameter showsPlan: whether each pass begins with its plan, where it has changes.
  init(time: TimeSource, showsPlan: Bool) {
    self.time = time
    state = Mutex(State(showsPlan: showsPlan))
  }

  var handler: ProgressHandler { { [self] progress in show(progress) } }

  /// A summary says later how each resource is.
  /// - Parameter isForPrograms: standard output is the summary's alone, as JSON; lines go to standard error.
  func summariseLater(isForPrograms: Bool) {
    state.withLock { state in
      state.isSummarised = true
      if isForPrograms {
        state.stream = 2
        state.showsPlan = false
      }
    }
  }

  /// Events about a resource that no summary would tell.
  private static let untold: Set<String> = ["DriftDetected", "DriftHealed", "CallDoesNotEnd", "GuardAllowed"]

  private func show(_ progress: Progress) {
    state.withLock { state in
      switch progress {
      case .observing, .settled, .loop: break
      case .planned(let plan):
        // Later passes wait for the same things; only what they do is news.
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
        // What steps did was shown as they were done.
        guard !["Applied", "Removed", "StepFailed"].contains(event.reason) else { break }
        if state.isSummarised, event.id != nil, !LiveProgress.untold.contains(event.reason) { break }
        printAbove(line(event), &state)
      }
      drawStatus(&state)
    }
  }

  /// Moves the sign of life on; called a few times a second while a terminal looks.
  func tick() {
    guard Output.isTerminal else { return }
    state.withLock { state in
      state.frame += 1
      drawStatus(&state)
    }
  }

  /// Prints a line of the command's own among the others.
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
    remark(diagnostics.rendered(color: Output.errorStyle.isColoured))
  }

  func reportReady(_ readiness: Readiness) {
    say(
      "\(style.green("✓")) All \(readiness.resources) resources of \(readiness.environment) are ready after "
        + "\(readiness.elapsed.elapsed).")
  }

  func warn(_ text: String) { say("\(style.yellow("!")) \(text)") }

  /// Takes the line at the bottom away.
  func clear() { state.withLock { eraseStatus(&$0) } }

  private func line(_ id: ResourceID, _ step: AnyStep, _ span: TimeSpan, _ error: BackendError?) -> String {
    let took = style.dim(span.elapsed)
    guard let error else { return "\(style.green("✓")) \(id)  \(step.summary)  \(took)" }
    return "\(style.red("✗")) \(id)  \(step.summary)  \(took)\n  \(style.red(error.message))"
      + (error.hint.map { "\n  \($0)" } ?? "")
  }

  private func line(_ event: Event) -> String {
    let mark = event.isWarning ? style.yellow("!") : style.dim("·")
    return "\(mark) \(event.id.map { "\($0)  " } ?? "")\(style.bold(event.reason))  \(event.message)"
  }

  private func printAbove(_ text: String, _ state: inout State) {
    eraseStatus(&state)
    Output.write(text.hasSuffix("\n") ? text : text + "\n", to: state.stream)
  }

  private func eraseStatus(_ state: inout State) {
    guard state.hasStatusLine else { return }
    Output.write("\r\u{1B}[2K")
    state.hasStatusLine = false
  }

  private func drawStatus(_ state: inout State) {
    guard Output.isTerminal, state.stream == 1 else { return }
    eraseStatus(&state)
    guard let oldest = state.running.first else { return }
    let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    let others = state.running.count > 1 ? " and \(state.running.count - 1) more" : ""
    let text = "\(oldest.id)  \(oldest.summary)\(others)  \((time.now() - oldest.since).elapsed)"
    let room = max((Output.width ?? 80) - 3, 10)
    Output.write("\(style.cyan(frames[state.frame % frames.count])) \(text.prefix(room))")
    state.hasStatusLine = true
  }
}
