package import Model

/// The form in which diagnostics are sent, source line included; the decoded diagnostic renders to the same
/// text.
extension Diagnostic: JSONRepresentable {
  package var value: Value {
    .members([
      "severity": .string(severity.rawValue), "message": .string(message), "hint": hint.map(Value.string),
      "file": location.map { .string($0.file) },
      "line": location.map { .integer(Int64($0.line)) },
      "column": location.map { .integer(Int64($0.column)) },
      "source": sourceLine.map {
        .members(["text": .string($0.text), "caret": .integer(Int64($0.caret))])
      },
    ])
  }

  package init?(_ value: Value) {
    guard let severity = value.word(at: "severity", of: Severity.self),
      let message = value.text(at: "message")
    else { return nil }
    let location = value.text(at: "file").map { file in
      SourceLocation(
        file: file, line: Int(clamping: value.integer(at: "line") ?? 0),
        column: Int(clamping: value.integer(at: "column") ?? 0))
    }
    self.init(severity, at: location, message, hint: value.text(at: "hint"))
    if let source = value["source"], let text = source.text(at: "text"),
      let caret = source.integer(at: "caret")
    {
      sourceLine = SourceLine(text: text, caret: max(0, min(Int(clamping: caret), 10_000)))
    }
  }
}
