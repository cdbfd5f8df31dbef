package import Model
internal import Postgres

/// Why an account was not erased. Nothing was changed then.
package enum ErasureErrorCode: String, ProblemCode, CaseIterable {
  case unknownAccount
  /// The account belongs to the platform itself.
  case notErasable
  /// Credits are on hold for running jobs.
  case openHolds
  /// The name of the eraser cannot be recorded.
  case invalidName
  /// Another account already has the name that this account would get.
  case nameTaken
  case database

  package static let domain = "ledger.erasure"
}

package typealias ErasureError = Problem<ErasureErrorCode>

extension ErasureError {
  init(_ error: PostgresError) { self.init(.database, causedBy: error) }

  init(any error: any Error) {
    switch error {
    case let error as ErasureError: self = error
    case let error as PostgresError: self.init(error)
    default: self.init(.database, "the erasure was cancelled", retry: .later)
    }
  }
}
