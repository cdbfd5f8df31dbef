package import Model
internal import Postgres

/// Why nobody was erased. Nothing was changed then.
package struct ErasureError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case unknownAccount
    /// An account of the platform itself, which is nobody's.
    case notErasable
    /// Credits are reserved for jobs that are under way.
    case openHolds
    /// Who erases is not said in a way that can be recorded.
    case invalidName
    /// Another account has the name already that this one would get.
    case nameTaken
    case database
  }

  package let code: Code
  package let message: String
  package let hint: String?
  package let retry: BackendError.Retry

  init(_ code: Code, _ message: String, hint: String? = nil, retry: BackendError.Retry = .afterChange) {
    self.code = code
    self.message = message
    self.hint = hint
    self.retry = retry
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }

  package var backendError: BackendError {
    BackendError(code: "ledger.erasure.\(code.rawValue)", message, hint: hint, retry: retry)
  }

  init(_ error: PostgresError) {
    self.init(.database, "\(error.server): \(error.message)", hint: error.hint, retry: error.retry)
  }

  init(any error: any Error) {
    switch error {
    case let error as ErasureError: self = error
    case let error as PostgresError: self.init(error)
    default: self.init(.database, "the erasure was cancelled", retry: .later)
    }
  }
}
