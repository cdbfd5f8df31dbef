package import Model

/// One problem of a manifest, with its location and a hint.
package struct Diagnostic: Hashable, Sendable, Error, CustomStringConvertible {
  package enum Severity: String, Sendable { case error, warning }

  /// A line of a manifest, or the part of it around a location; safe to print.
  package struct SourceLine: Hashable, Sendable {
    package let text: String
    /// The number of characters before the location.
    package let caret: Int
  }

  package let severity: Severity
  /// Nil only for problems of paths and of values that were not parsed from text.
  package let location: SourceLocation?
  /// Names the field and the problem; no full stop.
  package let message: String
  /// What to do: ‘did you mean `replicas`?’
  package let hint: String?
  package var sourceLine: SourceLine?
  /// Whether the text at the location may be a secret, so that the line is shown only up to it.
  let hidesText: Bool

  package init(
    _ severity: Severity = .error, at location: SourceLocation?, _ message: String, hint: String? = nil,
    hidesText: Bool = false
  ) {
    self.hidesText = hidesText
    self.severity = severity
    self.location = location
    self.message = message
    self.hint = hint
  }

  package var description: String { rendered(color: false) }

  /// `file:line:column: error: message`, the source line, a caret and the hint; ends in a line feed.
  /// - Parameter opening: the beginning of a colour sequence.
  package func rendered(color: Bool, opening: String = "\u{1B}[") -> String {
    let bold = color ? "\(opening)1m" : ""
    let accent = color ? (severity == .error ? "\(opening)1;31m" : "\(opening)1;33m") : ""
    let green = color ? "\(opening)1;32m" : ""
    let plain = color ? "\(opening)0m" : ""
    let prefix = location.map { location in
      let file = VisibleText.escaped(location.file, limit: 1000)
      return location.line > 0 ? "\(file):\(location.line):\(location.column): " : "\(file): "
    }
    var output =
      "\(bold)\(prefix ?? "")\(plain)\(accent)\(severity.rawValue):\(plain) \(bold)\(message)\(plain)\n"
    if let line = sourceLine {
      output += "  \(line.text)\n  \(String(repeating: " ", count: line.caret))\(green)^\(plain)\n"
    }
    if let hint { output += "  hint: \(hint)\n" }
    return output
  }

  /// Orders by file, line and column; diagnostics without a location come first.
  static func isOrdered(_ a: Diagnostic, _ b: Diagnostic) -> Bool {
    switch (a.location, b.location) {
    case (nil, nil): a.message < b.message
    case (nil, _): true
    case (_, nil): false
    case (let first?, let second?): first == second ? a.message < b.message : first < second
    }
  }
}

extension [Diagnostic] {
  /// All diagnostics one below the other, at most `limit`, followed by the number of the others.
  package func rendered(color: Bool, opening: String = "\u{1B}[", limit: Int = 100) -> String {
    let shown = prefix(limit).map { $0.rendered(color: color, opening: opening) }.joined()
    return count > limit ? shown + "… and \(count - limit) more\n" : shown
  }
}

/// A stored manifest that no longer matches its kind, or an unusable settings file.
package struct InvalidManifest: Error, CustomStringConvertible {
  package let diagnostics: [Diagnostic]
  package var description: String { diagnostics.rendered(color: false) }
}
