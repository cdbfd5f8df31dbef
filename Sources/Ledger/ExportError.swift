package import Model
internal import ObjectStorage
internal import Parquet
internal import Postgres

/// Why the ledger was not written to a destination, or not checked there. Safe to show.
package struct ExportError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// Entries may still be added to that day.
    case dayNotOver
    /// Somebody began before the day's end and has not committed yet: their entries would be missing.
    case transactionsOpen
    /// Days are written in order.
    case earlierDayMissing
    /// The books begin later.
    case nothingRecorded
    /// The place is another ledger's.
    case otherBooks
    /// A manifest at the destination is none.
    case manifest
    case database
    case store
    /// A file of this machine.
    case file
    case cancelled
  }

  package let code: Code
  package let message: String
  package let hint: String?
  package let retry: BackendError.Retry

  package init(
    _ code: Code, _ message: String, hint: String? = nil, retry: BackendError.Retry = .later
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.retry = retry
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }

  package var backendError: BackendError {
    BackendError(code: "ledger.export.\(code.rawValue)", message, hint: hint, retry: retry)
  }

  init(_ error: PostgresError) {
    self.init(.database, "\(error.server): \(error.message)", hint: error.hint, retry: error.retry)
  }

  init(_ error: ObjectStorageError) {
    self.init(.store, error.message, hint: error.hint, retry: error.retry)
  }

  init(_ error: ParquetError) {
    self.init(.file, error.message, hint: error.hint, retry: error.backendError.retry)
  }

  /// What was thrown where only the errors of database, store and files are.
  init(any error: any Error) {
    switch error {
    case let error as ExportError: self = error
    case let error as PostgresError: self.init(error)
    case let error as ObjectStorageError: self.init(error)
    case let error as ParquetError: self.init(error)
    default: self.init(.cancelled, "the export was cancelled")
    }
  }
}
