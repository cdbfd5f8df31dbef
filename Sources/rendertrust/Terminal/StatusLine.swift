import ControlPlane
import Model
import Planning
import Reconciling
import Synchronization

/// Lines for what has happened, and on a terminal one below them for what is under way, with a sign of life.
final class StatusLine: Sendable {
  private struct State {
    var text: @Sendable () -> String = { "" }
    var frame = 0
    var isDrawn = false
  }

  private let state = Mutex(State())
  /// The file descriptor of the lines.
  private let stream: Int32
  private let isLive: Bool
  private let style: TextStyle

  /// - Parameter isForPrograms: standard output is for a document alone; lines go to standard error.
  init(isForPrograms: Bool = false) {
    stream = isForPrograms ? 2 : 1
    isLive = !isForPrograms && Output.isTerminal
    style = isForPrograms ? Output.errorStyle : Output.style
  }

  /// Prints a line, above the one that is alive.
  func say(_ line: String) {
    state.withLock { state in
      erase(&state)
      Output.write(line + "\n", to: stream)
      draw(&state)
    }
  }

  /// What is under way, asked anew with each sign of life; nothing where it is empty.
  func show(_ text: @escaping @Sendable () -> String) {
    state.withLock { state in
      state.text = text
      erase(&state)
      draw(&state)
    }
  }

  /// Moves the sign of life on; called a few times a second.
  func tick() {
    guard isLive else { return }
    state.withLock { state in
      state.frame += 1
      erase(&state)
      draw(&state)
    }
  }

  /// Shows signs of life until the work is done, and takes them away.
  /// - Returns: nil: somebody pressed Ctrl-C, and the work was cancelled.
  func keepAlive<Answer: Sendable>(
    by time: TimeSource, _ work: @escaping @Sendable () async -> Answer
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

  private func erase(_ state: inout State) {
    guard state.isDrawn else { return }
    Output.write("\r\u{1B}[2K", to: stream)
    state.isDrawn = false
  }

  private func draw(_ state: inout State) {
    guard isLive else { return }
    let text = state.text()
    guard !text.isEmpty else { return }
    let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    let room = max((Output.width ?? 80) - 3, 10)
    let mark = style.cyan(frames[state.frame % frames.count])
    Output.write("\(mark) \(TextStyle.shortened(text, to: room))", to: stream)
    state.isDrawn = true
  }
}
