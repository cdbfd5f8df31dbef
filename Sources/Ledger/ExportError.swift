package import Model
internal import ObjectStorage
internal import Parquet
internal import Postgres

/// Why the ledger was not exported, or an export not verified.
package enum ExportErrorCode: String, ProblemCode, CaseIterable {
  /// Entries may still be added to that day.
  case dayNotOver
  /// A transaction that began before the day's end has not committed yet; its entries would be missing.
  case transactionsOpen
  /// Days are written in order.
  case earlierDayMissing
  /// The ledger begins later.
  case nothingRecorded
  /// The destination holds another ledger's export.
  case otherBooks
  /// A manifest at the destination is malformed.
  case manifest
  case database
  case store
  /// A file of this machine cannot be read or written.
  case file
  case cancelled

  package static let domain = "ledger.export"
  package var retry: Retry { .later }

  package var effect: StepEffect { self == .cancelled ? .uncertain : .settled }
}

/// Why the ledger was not exported, or an export not verified.
package typealias ExportError = Problem<ExportErrorCode>

extension ExportError {
  init(_ error: PostgresError) { self.init(.database, causedBy: error) }
  init(_ error: ObjectStorageError) { self.init(.store, causedBy: error) }
  init(_ error: ParquetError) { self.init(.file, causedBy: error) }

  /// - Parameter error: Of the database, the store or a file; anything else is a cancellation.
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
