package import Model

/// One problem of a manifest, with its place and what to do about it.
package struct Diagnostic: Hashable, Sendable, Error {
  package enum Severity: String, Sendable { case error, warning }

  package let severity: Severity
  /// Nil only for problems of values that never were text.
  package let location: SourceLocation?
  /// Says what is wrong with the field's name in it; no full stop.
  package let message: String
  /// What to do: ‘did you mean `replicas`?’
  package let hint: String?
  /// The line that `location` points into, as it is in the file.
  package var sourceLine: String?

  package init(
    _ severity: Severity = .error, at location: SourceLocation?, _ message: String, hint: String? = nil,
    sourceLine: String? = nil
  ) {
    self.severity = severity
    self.location = location
    self.message = message
    self.hint = hint
    self.sourceLine = sourceLine
  }
}
