/// When a failed call may succeed.
package enum Retry: String, Sendable, Codable {
  /// The same call may succeed later: connection refused, timeout, lock not available.
  case later
  /// Only a change of the manifest or of the outside system helps: image missing, permission denied.
  case afterChange
}

/// The ways in which the calls of one module fail: an enum with one case for each.
package protocol ProblemCode: RawRepresentable, Hashable, Sendable where RawValue == String {
  /// The first part of the code that programs read, such as `postgres` in `postgres.unreachable`; empty when
  /// the raw value is the whole code.
  static var domain: String { get }
  /// The codes of failures that may pass without a change; none by default.
  static var temporary: Set<Self> { get }
  /// The retry class of problems that are created without one.
  var retry: Retry { get }
  /// The hint of problems that are created without one; nil for none.
  var defaultHint: String? { get }
  /// Whether the failed call may still change the outside system after it returned.
  var effect: StepEffect { get }
}

extension ProblemCode {
  package static var temporary: Set<Self> { [] }
  package var retry: Retry { Self.temporary.contains(self) ? .later : .afterChange }
  package var defaultHint: String? { nil }
  package var effect: StepEffect { .settled }
}

/// Why a call failed: the error type of every module, as `typealias PostgresError =
/// Problem<PostgresErrorCode>`.
///
/// All texts but `detail` are safe to show: they hold no secrets, no values of rows and no bodies of
/// requests.
package struct Problem<ErrorCode: ProblemCode>: Error, Hashable, Sendable {
  package typealias Code = ErrorCode

  package let code: Code
  /// What failed and why. Starts in lower case and has no full stop, because `subject` may precede it.
  package let message: String
  /// What to do about it.
  package let hint: String?
  /// What the problem is about, where the message leaves it out: a server, or the field of a request.
  package let subject: String?
  package let retry: Retry
  package let effect: StepEffect
  /// The outside system's own code: an SQLSTATE, an exit status; nil when it gave none.
  package let cause: String?
  /// What else the outside system reported. Printed by `debugDescription` only, since it may hold values of
  /// rows.
  package let detail: String?

  /// Takes every value as it is; no defaults of the code are filled in.
  package init(
    code: Code, message: String, hint: String?, subject: String?, retry: Retry, effect: StepEffect,
    cause: String?, detail: String?
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.subject = subject
    self.retry = retry
    self.effect = effect
    self.cause = cause
    self.detail = detail
  }

  /// - Parameters:
  ///   - hint: Nil for the code's own.
  ///   - retry: Nil for the code's own.
  ///   - effect: Nil for the code's own.
  package init(
    _ code: Code, _ message: String, hint: String? = nil, subject: String? = nil, retry: Retry? = nil,
    effect: StepEffect? = nil, cause: String? = nil, detail: String? = nil
  ) {
    self.init(
      code: code, message: message, hint: hint ?? code.defaultHint, subject: subject,
      retry: retry ?? code.retry, effect: effect ?? code.effect, cause: cause, detail: detail)
  }

  /// The problem of a module whose call failed because a call to another module failed. Keeps hint and retry
  /// class.
  package init<Other>(_ code: Code, causedBy other: Problem<Other>) {
    self.init(
      code: code, message: other.fullMessage, hint: other.hint, subject: nil, retry: other.retry,
      effect: code.effect, cause: nil, detail: nil)
  }

  /// Subject and message, without the hint.
  package var fullMessage: String { subject.map { "\($0): \(message)" } ?? message }

  /// The code that programs read, such as `postgres.unreachable`.
  package var qualifiedCode: String {
    Code.domain.isEmpty ? code.rawValue : "\(Code.domain).\(code.rawValue)"
  }

  /// The same problem as backends of kinds report it.
  package var backendError: BackendError {
    BackendError(code: qualifiedCode, fullMessage, hint: hint, retry: retry, effect: effect)
  }
}

extension Problem: CustomStringConvertible, CustomDebugStringConvertible {
  package var description: String { hint.map { "\(fullMessage); \($0)" } ?? fullMessage }

  package var debugDescription: String {
    let parts = [cause, detail].compactMap(\.self)
    return "\(qualifiedCode): \(description)" + (parts.isEmpty ? "" : " [\(parts.joined(separator: ", "))]")
  }
}

/// Codes of problems that come from many modules, so that no enum lists them. The raw value is the whole
/// code.
package protocol OpenProblemCode: ProblemCode, ExpressibleByStringInterpolation, CustomStringConvertible {
  init(rawValue: String)
}

extension OpenProblemCode {
  package static var domain: String { "" }
  package var retry: Retry { .later }
  package var description: String { rawValue }
  package init(stringLiteral value: String) { self.init(rawValue: value) }
}

extension Problem where ErrorCode: OpenProblemCode {
  /// - Parameter code: A stable word for programs, such as `docker.unreachable`.
  package init(
    code: String, _ message: String, hint: String? = nil, retry: Retry = .later, effect: StepEffect = .settled
  ) {
    self.init(Code(rawValue: code), message, hint: hint, retry: retry, effect: effect)
  }
}
