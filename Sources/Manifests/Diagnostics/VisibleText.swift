/// Makes untrusted text safe to show on a terminal: no control characters, and nothing that changes the
/// writing direction.
enum VisibleText {
  /// Returns at most `limit` characters, followed by `…` if there are more.
  static func escaped(_ text: String, limit: Int) -> String {
    var output = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
      guard count < limit else { return output + "…" }
      append(scalar, to: &output)
    }
    return output
  }

  /// The part of a line around a column counted from 0, at most about `width` characters, and the column's
  /// position in it.
  static func window(
    _ line: some Collection<UInt8>, column: Int, width: Int = 160
  ) -> (text: String, caret: Int) {
    let start = column > width * 3 / 4 ? column - width / 2 : 0
    var text = start > 0 ? "…" : ""
    var caret: Int?
    var position = 0
    for scalar in String(decoding: bytes(line, from: start, width: width), as: UTF8.self).unicodeScalars {
      if start + position == column { caret = text.unicodeScalars.count }
      if position == width {
        text += "…"
        break
      }
      append(scalar, to: &text)
      position += 1
    }
    return (text, caret ?? text.unicodeScalars.count)
  }

  /// The bytes of `width + 1` characters after the first `start`.
  private static func bytes(_ line: some Collection<UInt8>, from start: Int, width: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = -1
    for byte in line {
      if byte & 0xC0 != 0x80 { position += 1 }
      if position > start + width { break }
      if position >= start { bytes.append(byte) }
    }
    return bytes
  }

  private static func append(_ scalar: Unicode.Scalar, to output: inout String) {
    switch scalar.value {
    case 0x20..<0x7F: output.unicodeScalars.append(scalar)
    case 0x09: output += "→"
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
        output += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: output.unicodeScalars.append(scalar)
      }
    }
  }
}
