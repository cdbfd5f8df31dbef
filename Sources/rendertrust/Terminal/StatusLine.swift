import ControlPlane
import Model
import Planning
import Reconciling
import Synchronization

/// Lines of a command, and on a terminal a status line with a spinner below them.
final class StatusLine: Sendable {
  private struct State {
    var text: @Sendable () -> String = { "" }
    var frame = 0
    var isDrawn = false
  }

  private let state = Mutex(State())
  /// File descriptor of the lines.
  private let stream: Int32
  private let isLive: Bool
  private let style: TextStyle

  /// - Parameter isForPrograms: standard output is reserved for a document; lines go to standard error.
  init(isForPrograms: Bool = false) {
    stream = isForPrograms ? 2 : 1
    isLive = !isForPrograms && Output.isTerminal
    style = isForPrograms ? Output.errorStyle : Output.style
  }

  /// Prints a line above the status line.
  func print(_ line: String) {
    state.withLock { state in
      erase(&state)
      Output.write(line + "\n", to: stream)
      draw(&state)
    }
  }

  /// Sets the status line.
  /// - Parameter text: evaluated for every frame; empty: no status line.
  func show(_ text: @escaping @Sendable () -> String) {
    state.withLock { state in
      state.text = text
      erase(&state)
      draw(&state)
    }
  }

  /// Draws the next frame of the spinner.
  private func tick() {
    guard isLive else { return }
    state.withLock { state in
      state.frame += 1
      erase(&state)
      draw(&state)
    }
  }

  /// Shows the status line while `work` runs.
  /// - Returns: nil after Ctrl-C, which cancels `work`.
  func animate<Answer: Sendable>(
    by time: TimeSource, during work: @escaping @Sendable () async -> Answer
  ) async -> Answer? {
    let result = await withTaskGroup(of: Answer?.self) { group in
      group.addTask { await work() }
      group.addTask {
        await StopSignals.first()
        return nil
      }
      group.addTask { [self] in
        while (try? await time.sleep(Self.frame)) != nil { tick() }
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    show { "" }
    return result
  }

  private static let frame = TimeSpan(milliseconds: 100)

  static func spinner(_ frame: Int) -> String {
    let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    return frames[frame % frames.count]
  }

  private func erase(_ state: inout State) {
    guard state.isDrawn else { return }
    Output.eraseLine(on: stream)
    state.isDrawn = false
  }

  private func draw(_ state: inout State) {
    guard isLive else { return }
    let text = state.text()
    guard !text.isEmpty else { return }
    let width = max((Output.width ?? 80) - 3, 10)
    let spinner = style.cyan(Self.spinner(state.frame))
    Output.write("\(spinner) \(TextStyle.shortened(TextStyle.harmless(text), to: width))", to: stream)
    state.isDrawn = true
  }
}
