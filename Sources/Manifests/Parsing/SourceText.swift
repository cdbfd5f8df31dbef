internal import Glibc
internal import Model

/// Bytes of a file as lines: the allowed characters, the starts of documents, the search for a line.
enum SourceText {
  /// Longer lines are errors.
  static let maximumLineLength = 1 << 20

  struct Place: Equatable {
    /// From 0, relative to the start of the search.
    let offset: Int
    let line: Int
  }

  /// The first document marker (`---` at the start of a line) that is not at the start of the text and is on
  /// line `line` or later, counted from 0.
  static func nextDocument(in text: UnsafeBufferPointer<UInt8>, fromLine line: Int) -> Place? {
    var offset = 0
    var current = 0
    while offset < text.count {
      if offset > 0, current >= line, isMarker(text, offset) { return Place(offset: offset, line: current) }
      guard let next = lineFeed(in: text, from: offset) else { return nil }
      offset = next + 1
      current += 1
    }
    return nil
  }

  /// The next line feed at or after `offset`.
  static func lineFeed(in text: UnsafeBufferPointer<UInt8>, from offset: Int) -> Int? {
    guard let base = text.baseAddress, offset < text.count,
      let found = memchr(base + offset, 0x0A, text.count - offset)
    else { return nil }
    return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
  }

  /// The end of the text without trailing white space; line and column from 0.
  static func lastPlace(in text: UnsafeBufferPointer<UInt8>) -> (line: Int, column: Int) {
    var end = text.count
    while end > 0, text[end - 1] <= 0x20 { end -= 1 }
    var line = 0
    var column = 0
    for byte in text[..<end] {
      if byte == 0x0A {
        line += 1
        column = 0
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }

  /// Whether `---`, followed by white space or the end, starts at `offset`, which starts a line.
  static func isMarker(_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Bool {
    guard offset + 3 <= text.count, text[offset] == 45, text[offset + 1] == 45, text[offset + 2] == 45 else {
      return false
    }
    guard offset + 3 < text.count else { return true }
    let next = text[offset + 3]
    return next == 0x0A || next == 0x0D || next == 0x20 || next == 0x09
  }

  /// The bytes of a line counted from 1, without its line break; empty past the end.
  static func line(_ number: Int, of text: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
    var offset = 0
    for _ in 1..<max(1, number) {
      guard let next = lineFeed(in: text, from: offset) else { return text[text.count...] }
      offset = next + 1
    }
    let end = lineFeed(in: text, from: offset) ?? text.count
    let line = text[offset..<end]
    return line.last == 0x0D ? line.dropLast() : line
  }

  /// The first byte of the character at a column counted from 0.
  static func byte(atColumn column: Int, of line: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8? {
    var column = column
    for byte in line where byte & 0xC0 != 0x80 {
      if column == 0 { return byte }
      column -= 1
    }
    return nil
  }

  /// Whether only white space, comments and the end mark follow this location; line and column from 0.
  static func isBlank(_ text: UnsafeBufferPointer<UInt8>, fromLine line: Int, column: Int) -> Bool {
    let first = self.line(line + 1, of: text)
    var rest = text[first.startIndex...]
    var skipped = column
    while skipped > 0, let byte = rest.first {
      if byte & 0xC0 != 0x80 { skipped -= 1 }
      rest = rest.dropFirst()
    }
    return rest.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 || $0 == 46 || $0 == 45 }
  }

  /// Verifies that all bytes are UTF-8 text that YAML allows. Lines count from `firstLine`.
  static func problem(
    in text: UnsafeBufferPointer<UInt8>, file: String, firstLine: Int
  ) -> Diagnostic? {
    var index = 0
    var lineStart = 0
    var line = firstLine
    func located(_ message: String, _ hint: String?) -> Diagnostic {
      let column = text[lineStart..<index].reduce(1) { $1 & 0xC0 != 0x80 ? $0 + 1 : $0 }
      return Diagnostic(at: SourceLocation(file: file, line: line, column: column), message, hint: hint)
    }
    while index < text.count {
      let byte = text[index]
      if byte >= 0x20, byte < 0x7F {
        index += 1
      } else if byte == 0x0A {
        index += 1
        line += 1
        lineStart = index
      } else if byte == 0x09 {
        index += 1
      } else if byte == 0x0D, index + 1 < text.count, text[index + 1] == 0x0A {
        index += 1
      } else if byte < 0x80 {
        if byte == 0x0D, index + 1 == text.count { return nil }
        let name =
          "U+" + String(repeating: "0", count: byte < 16 ? 3 : 2) + String(byte, radix: 16, uppercase: true)
        return located(
          "the control character \(name) can't stand in YAML",
          "remove it, or write an escape in double quotes")
      } else {
        guard let length = sequenceLength(text, index) else {
          return located(
            "this is not UTF-8: byte 0x\(String(byte, radix: 16, uppercase: true))", "save the file as UTF-8")
        }
        if isForbidden(text, index, length) {
          return located(
            "an invisible control character can't stand in YAML",
            "remove it, or write an escape in double quotes")
        }
        index += length
      }
    }
    return nil
  }

  /// The length of the well-formed UTF-8 sequence at `index` (Unicode 15, table 3-7); nil where it is
  /// malformed.
  private static func sequenceLength(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int? {
    let first = text[index]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard index + length <= text.count, second.contains(text[index + 1]) else { return nil }
    for offset in 2..<max(2, length) where text[index + offset] & 0xC0 != 0x80 { return nil }
    return length
  }

  /// C1 controls, line and paragraph separators, byte order marks inside the text and non-characters.
  private static func isForbidden(_ text: UnsafeBufferPointer<UInt8>, _ index: Int, _ length: Int) -> Bool {
    switch (length, text[index]) {
    case (2, 0xC2): text[index + 1] < 0xA0
    case (3, 0xE2): text[index + 1] == 0x80 && (text[index + 2] == 0xA8 || text[index + 2] == 0xA9)
    case (3, 0xEF):
      text[index + 1] == 0xBB && text[index + 2] == 0xBF || text[index + 1] == 0xBF && text[index + 2] >= 0xBE
    default: false
    }
  }
}
