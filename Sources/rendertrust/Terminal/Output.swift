import Glibc
import Planning

/// The two streams, and what they are connected to. Colour only on a terminal and without `NO_COLOR`.
enum Output {
  static let isTerminal = isatty(1) == 1
  static let style = TextStyle(isColoured: isTerminal && allowsColor)
  static let errorStyle = TextStyle(isColoured: isatty(2) == 1 && allowsColor)

  private static var allowsColor: Bool {
    guard getenv("NO_COLOR") == nil else { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? true
  }

  /// Columns of the terminal; nil where there is none.
  static var width: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  static func print(_ text: String) { write(text + "\n", to: 1) }
  static func write(_ text: String) { write(text, to: 1) }
  /// Fits the terminal; the header is dim.
  static func write(_ table: Table) {
    write(table.text(width: width) { cell, row, _ in row == 0 ? style.dim(cell) : cell })
  }
  static func error(_ text: String) { write(text + "\n", to: 2) }

  /// Writes all of it. A reader that went away (`| head`) ends the program quietly, as other tools do.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR && errno != EAGAIN {
        if errno == EPIPE { exit(0) }
        return
      }
    }
  }
}
