/// Why an outside system was not observed or not changed. Safe to show: never holds a secret.
package struct BackendError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Retry: String, Sendable, Codable {
    /// The same call may succeed later: connection refused, time-out, locked.
    case later
    /// Only a change of the manifest or of the outside system helps: image missing, permission denied.
    case afterChange
  }

  /// A stable word for programs, such as `docker.unreachable`.
  package let code: String
  /// What failed, with the system's name: `Docker at unix:///var/run/docker.sock refused the connection`.
  package let message: String
  /// What to do about it.
  package let hint: String?
  package let retry: Retry

  package init(code: String, _ message: String, hint: String? = nil, retry: Retry = .later) {
    self.code = code
    self.message = message
    self.hint = hint
    self.retry = retry
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
