internal import JobModel
internal import Model

/// A line in which a module reports progress on standard error, such as `{"progress": {"units": 3, "note":
/// "frame 3"}}`. `units` is the total of completed units. Both members are optional.
struct ProgressLine: Hashable, Sendable {
  var units: Int64?
  var note: String?

  private static let maxBytes = 4096
  private static let maxNoteCharacters = 200

  /// Nil when the line does not report progress.
  init?(_ line: [UInt8]) {
    guard line.count <= ProgressLine.maxBytes, line.first == UInt8(ascii: "{"),
      let progress = (try? Value(json: line))?["progress"], case .object = progress
    else { return nil }
    units = progress["units"]?.number.flatMap { $0 >= 0 ? $0 : nil }
    note = progress["note"]?.text.map { PlainLine.text(of: $0, limit: ProgressLine.maxNoteCharacters) }
  }
}

/// Makes text that comes from a module safe to show: one line without control characters, of limited length.
enum PlainLine {
  /// - Parameter limit: characters; longer text is cut and ends in `…`.
  static func text(of text: String, limit: Int) -> String {
    var plain = String.UnicodeScalarView()
    // Bounds the work for characters that consist of many scalars.
    for scalar in text.unicodeScalars.prefix(limit * 8) {
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: plain.append(" ")
      default: plain.append(scalar)
      }
    }
    let words = String(plain).split(separator: " ").joined(separator: " ")
    return words.count > limit ? words.prefix(limit - 1) + "…" : words
  }

  /// The last lines that are neither empty nor progress reports, joined by ` | `.
  static func lastLines(of bytes: [UInt8], count: Int = 3) -> String {
    let lines = String(decoding: bytes.suffix(4096), as: UTF8.self).split(whereSeparator: \.isNewline)
    let messages = lines.filter { ProgressLine(Array($0.utf8)) == nil }
      .map { text(of: String($0), limit: 200) }
    return messages.filter { !$0.isEmpty }.suffix(count).joined(separator: " | ")
  }
}
