/// A position in a manifest. Line and column count from 1; columns count Unicode scalars.
package struct SourceLocation: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let file: String
  package let line: Int
  package let column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { "\(file):\(line):\(column)" }

  package static func < (a: SourceLocation, b: SourceLocation) -> Bool {
    if a.file != b.file { return a.file < b.file }
    return a.line == b.line ? a.column < b.column : a.line < b.line
  }
}
