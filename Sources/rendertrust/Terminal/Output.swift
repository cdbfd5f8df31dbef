import Glibc
import Planning

/// Standard output and standard error. Colour is used on a terminal only, and not if `NO_COLOR` is set.
enum Output {
  static let isTerminal = isatty(1) == 1
  static let style = TextStyle(isColoured: isTerminal && allowsColor)
  static let errorStyle = TextStyle(isColoured: isatty(2) == 1 && allowsColor)

  private static var allowsColor: Bool {
    guard getenv("NO_COLOR") == nil else { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? true
  }

  /// Columns of the terminal; nil if standard output is not a terminal.
  static var width: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  static func print(_ text: String) { write(text + "\n", to: 1) }
  static func write(_ text: String) { write(text, to: 1) }
  static func error(_ text: String) { write(text + "\n", to: 2) }

  /// The table fitted to the terminal; see `Table.text`.
  static func text(
    of table: Table, paint: (_ cell: String, _ row: Int, _ column: Int) -> String = { cell, _, _ in cell }
  ) -> String {
    table.text(style: style, width: width, paint: paint)
  }

  /// Prints a line that begins with a green tick.
  static func success(_ text: String) { print("\(style.green("✓")) \(text)") }
  /// Prints a line that begins with a red cross.
  static func failure(_ text: String) { print("\(style.red("✗")) \(text)") }

  /// Writes the whole text. A closed pipe (`| head`) ends the process with exit code 0 and no message.
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
