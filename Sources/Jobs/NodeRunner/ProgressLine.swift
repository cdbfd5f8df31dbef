internal import JobModel
internal import Model

/// What a module says on standard error about how it goes: a line such as
/// `{"progress": {"units": 3, "note": "frame 3"}}`. Units are those done in all; either may be left out.
struct ProgressLine: Hashable, Sendable {
  var units: Int64?
  var note: String?

  private static let longest = 4096
  private static let longestNote = 200

  /// Nil for a line that is no such thing.
  init?(_ line: [UInt8]) {
    guard line.count <= ProgressLine.longest, line.first == UInt8(ascii: "{"),
      let progress = (try? Value(json: line))?["progress"], case .object = progress
    else { return nil }
    units = progress["units"]?.number.flatMap { $0 >= 0 ? $0 : nil }
    note = progress["note"]?.text.map { PlainLine.text(of: $0, most: ProgressLine.longestNote) }
  }
}

/// Text of a module's on its way to people: one line without control characters, bounded.
enum PlainLine {
  /// - Parameter most: characters; what is longer ends in `…`.
  static func text(of text: String, most: Int) -> String {
    var plain = String.UnicodeScalarView()
    // No text that is shown needs more, however its characters are put together.
    for scalar in text.unicodeScalars.prefix(most * 8) {
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: plain.append(" ")
      default: plain.append(scalar)
      }
    }
    let words = String(plain).split(separator: " ").joined(separator: " ")
    return words.count > most ? words.prefix(most - 1) + "…" : words
  }

  /// The last lines that say something, joined by ` | `.
  static func lastLines(of bytes: [UInt8], count: Int = 3) -> String {
    let lines = String(decoding: bytes.suffix(4096), as: UTF8.self).split(whereSeparator: \.isNewline)
    let said = lines.filter { ProgressLine(Array($0.utf8)) == nil }.map { text(of: String($0), most: 200) }
    return said.filter { !$0.isEmpty }.suffix(count).joined(separator: " | ")
  }
}
