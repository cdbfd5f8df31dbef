internal import Model

/// Adds source lines to diagnostics.
enum SourceLines {
  /// More are never shown, and each costs a search.
  private static let limit = 200

  /// Sorts by location and adds missing lines, in one pass over each file.
  static func attach(to diagnostics: inout [Diagnostic], from files: [SourceFile]) {
    diagnostics.sort(by: Diagnostic.isOrdered)
    guard !diagnostics.isEmpty else { return }
    let byName = Dictionary(files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    var file: String?
    var bytes: [UInt8] = []
    var line = 1
    var offset = 0
    for index in diagnostics.indices.prefix(limit) {
      guard let location = diagnostics[index].location, location.line > 0,
        diagnostics[index].sourceLine == nil
      else { continue }
      if location.file != file {
        file = location.file
        bytes = byName[location.file] ?? []
        line = 1
        offset = 0
      }
      bytes.withUnsafeBufferPointer { bytes in
        while line < location.line, let next = SourceText.lineFeed(in: bytes, from: offset) {
          offset = next + 1
          line += 1
        }
        guard line == location.line, offset < bytes.count else { return }
        let found = SourceText.line(1, of: UnsafeBufferPointer(rebasing: bytes[offset...]))
        let window = VisibleText.window(found, column: location.column - 1)
        let text =
          diagnostics[index].hidesText
          ? window.text.prefix(window.caret) + Secret.redactedText : window.text[...]
        diagnostics[index].sourceLine = .init(text: String(text), caret: window.caret)
      }
    }
  }
}
