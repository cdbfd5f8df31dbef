internal import Model

/// Removes the values of variables from the output of a program, because a failing one may print its
/// environment.
package enum OutputRedaction {
  /// Values of up to three characters stay: they are not secrets, and replacing them would make the line
  /// unreadable. Control characters are removed.
  package static func redact(_ line: String, _ values: some Sequence<String>) -> String {
    var line = line
    // Longer ones first, so that no part of one stays because it is the value of another variable.
    for value in values.filter({ $0.count > 3 }).sorted(by: { $0.count > $1.count }) {
      line = line.split(separator: value, omittingEmptySubsequences: false)
        .joined(separator: Secret.redactedText)
    }
    return String(line.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 })
  }
}
