import ControlPlane
import Model

extension TimeSpan {
  /// The value of an option that takes a duration.
  /// - Throws: a usage failure that names the option.
  static func option(
    _ name: String, _ text: String, isZeroAllowed: Bool = false
  ) throws(CommandFailure) -> TimeSpan {
    guard let span = TimeSpan(text), span.milliseconds > 0 || isZeroAllowed else {
      throw .usage("\(name) must be a duration such as 90s or 10m, not ‘\(text)’")
    }
    return span
  }
}
