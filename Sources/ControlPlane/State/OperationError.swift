package import Manifests
package import Planning

/// Why a query or a change did not complete: a message for people, a code for programs.
package struct OperationError: Error {
  package enum Code: String, Sendable {
    /// Something failed.
    case failed
    /// The requested object does not exist.
    case missing
    /// A required system does not answer. The operation may be retried.
    case unavailable
    /// The caller lacks the permission.
    case forbidden
    /// The request is malformed.
    case usage
    /// The manifests are invalid; `diagnostics` lists every problem.
    case invalidManifests = "invalid_manifests"
    /// A guard, or a missing approval or confirmation, blocks the operation.
    case blocked
  }

  /// The exit code of a command that ends with the error.
  package enum ExitStatus: Int32, Sendable {
    case failed = 1
    case usage = 2
    case blocked = 4
  }

  package let code: Code
  package let message: String
  /// The code that a server sent, which may be one that this release does not know; nil for a local error.
  package let remoteCode: String?
  /// Problems of manifests and settings, shown before the message.
  package var diagnostics: [Diagnostic]
  /// Steps that destroy data and need a confirmation. Empty unless that is why the operation is blocked.
  package var unconfirmed: [DestructiveStep] = []

  package init(
    _ code: Code, _ message: String, remoteCode: String? = nil, diagnostics: [Diagnostic] = []
  ) {
    self.code = code
    self.message = message
    self.remoteCode = remoteCode
    self.diagnostics = diagnostics
  }

  package static func failed(_ message: String) -> OperationError { OperationError(.failed, message) }
  package static func missing(_ message: String) -> OperationError { OperationError(.missing, message) }
  package static func unavailable(_ message: String) -> OperationError {
    OperationError(.unavailable, message)
  }
  package static func usage(_ message: String) -> OperationError { OperationError(.usage, message) }
  package static func blocked(_ message: String) -> OperationError { OperationError(.blocked, message) }

  /// - Parameter diagnostics: of every file; those that are not errors count as warnings.
  package static func invalid(_ diagnostics: [Diagnostic]) -> OperationError {
    let count = diagnostics.count { $0.severity == .error }
    return OperationError(
      .invalidManifests, "\(count) error\(count == 1 ? "" : "s") in the manifests; nothing was changed",
      diagnostics: diagnostics)
  }

  package var exitStatus: ExitStatus {
    switch code {
    case .failed, .missing, .unavailable, .forbidden: .failed
    case .usage, .invalidManifests: .usage
    case .blocked: .blocked
    }
  }
}
