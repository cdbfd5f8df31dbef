import Glibc
import Planning

/// Standard output and standard error. Colour is used on a terminal only, and not if `NO_COLOR` is set.
///
/// Text of other systems and of manifests may contain characters that control a terminal. Each of them is
/// written as its code, such as `\u{1B}`; only the colours of `style` and `errorStyle` reach the terminal.
enum Output {
  static let isTerminal = isatty(1) == 1
  static let style = TextStyle(isColoured: isTerminal && allowsColor, opening: filter.opening)
  static let errorStyle = TextStyle(isColoured: isatty(2) == 1 && allowsColor, opening: filter.opening)
  /// Distinguishes the colours of this process from those in untrusted text.
  static let filter = OutputFilter(secret: .random(in: .min ... .max))

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

  /// Writes text for people to standard output or standard error; see `StandardStream.write`.
  static func write(_ text: String, to descriptor: Int32) {
    (descriptor == 2 ? errorStream : stream).write(filter.visible(text))
  }

  /// Writes a JSON document to standard output. Invisible characters in its strings are written as escapes,
  /// which do not change its value.
  static func write(json: String) { stream.write(OutputFilter.harmless(json: json)) }

  /// Erases the line of the cursor on a terminal.
  static func eraseLine(on descriptor: Int32 = 1) {
    (descriptor == 2 ? errorStream : stream).write("\r\(TextStyle.escape)2K")
  }

  /// Writes a line of a log, JSON or text, to standard output.
  /// - Returns: whether the line was written.
  static func log(_ line: String) -> Bool { stream.log(OutputFilter.harmless(json: line)) }

  /// The result of the writes to standard output so far.
  static var condition: StandardStream.Condition { stream.condition }

  private static let stream = StandardStream(descriptor: 1)
  private static let errorStream = StandardStream(descriptor: 2)
}
