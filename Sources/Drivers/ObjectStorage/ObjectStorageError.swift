package import Model

/// Why an object was not stored, read, found or deleted. Safe to show: names bucket, key and address, never a secret.
package struct ObjectStorageError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case invalidKey
    /// The address, bucket or region is not one.
    case invalidAddress
    case notFound
    case bucketMissing
    /// Wrong key, wrong secret, or no right to do this.
    case denied
    /// The signature is of another time than the store's.
    case clockSkew
    case tooLarge
    case diskFull
    /// Another writer is writing the same object.
    case busy
    /// A file of this machine cannot be read or written.
    case file
    case unreachable
    /// The store is overloaded or failed inside.
    case unavailable
    case cancelled
    /// An answer that is none of S3.
    case unexpectedAnswer
    /// Any other refusal; the message has S3's own code.
    case refused
  }

  package let code: Code
  package let message: String
  package let hint: String?
  package let retry: BackendError.Retry

  package init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint ?? ObjectStorageError.hint(for: code)
    retry =
      switch code {
      case .clockSkew, .diskFull, .busy, .unreachable, .unavailable, .cancelled: .later
      default: .afterChange
      }
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }

  package var backendError: BackendError {
    BackendError(code: "objectStorage.\(code.rawValue)", message, hint: hint, retry: retry)
  }

  private static func hint(for code: Code) -> String? {
    switch code {
    case .invalidKey: "name it as a path without empty names, ‘.’, ‘..’ and control characters"
    case .invalidAddress: "write it as http://HOST:PORT or https://HOST"
    case .bucketMissing: "make the bucket, or correct its name"
    case .denied: "check the access key, its secret and what it may do with this bucket"
    case .clockSkew: "set this machine's clock"
    case .diskFull: "free space there; nothing of it was left behind"
    case .busy: "wait for the other writer to end"
    case .file: "check that the folder exists and belongs to this user"
    case .unreachable: "check the address and that the store runs"
    case .unavailable: "wait and repeat it; if it lasts, look at the store"
    case .unexpectedAnswer: "check that the address leads to S3 itself"
    case .notFound, .tooLarge, .cancelled, .refused: nil
    }
  }
}
