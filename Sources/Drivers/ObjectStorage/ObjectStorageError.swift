package import Model

/// Why an object was not stored, read, found or deleted.
package enum ObjectStorageErrorCode: String, ProblemCode, CaseIterable {
  case invalidKey
  /// The address, bucket or region is malformed.
  case invalidAddress
  case notFound
  case bucketMissing
  /// Wrong key, wrong secret, or a missing permission.
  case denied
  /// The clocks of this machine and the store differ by more than a signature allows.
  case clockSkew
  case tooLarge
  case diskFull
  /// Another writer is writing the same object.
  case busy
  /// A file of this machine cannot be read or written.
  case file
  case unreachable
  /// The store is overloaded or reports an internal error.
  case unavailable
  case cancelled
  /// The response is not S3's.
  case unexpectedAnswer
  /// Any other error response; the message has S3's own code.
  case refused
  /// The controller lost the lease of the step's resource; nothing was sent.
  case leaseLost

  package static let domain = "objectStorage"

  package static let temporary: Set<Self> = [
    .clockSkew, .diskFull, .busy, .unreachable, .unavailable, .cancelled, .leaseLost,
  ]

  package var effect: StepEffect { self == .cancelled ? .uncertain : .settled }

  package var defaultHint: String? {
    switch self {
    case .invalidKey: "name it as a path without empty names, ‘.’, ‘..’ and control characters"
    case .invalidAddress: "write it as http://HOST:PORT or https://HOST"
    case .bucketMissing: "make the bucket, or correct its name"
    case .denied: "check the access key, its secret and what it may do with this bucket"
    case .clockSkew: "set this machine's clock"
    case .diskFull: "free space there; nothing of it was left behind"
    case .busy: "wait for the other writer to end"
    case .file: "check that the folder exists and belongs to this user"
    case .unreachable: "check the address and that the store runs"
    case .unavailable: "wait and repeat it; if it lasts, check the store"
    case .unexpectedAnswer: "check that the address leads to S3 itself"
    case .notFound, .tooLarge, .cancelled, .refused, .leaseLost: nil
    }
  }
}

/// Why an object was not stored, read, found or deleted. Names bucket, key and address, never a secret.
package typealias ObjectStorageError = Problem<ObjectStorageErrorCode>
