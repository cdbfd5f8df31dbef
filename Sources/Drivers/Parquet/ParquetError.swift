package import Model

/// Why a file was not written.
package enum ParquetErrorCode: String, ProblemCode, CaseIterable {
  /// The schema is invalid: no columns, a duplicate name, a decimal that is too wide.
  case schema
  /// The columns of a batch do not match the schema or each other.
  case batch
  /// A value does not fit its column: null in a required column, too many digits, invalid UTF-8, a wrong
  /// length.
  case value
  /// The writer was finished, or failed before.
  case closed
  case diskFull
  /// Another writer is writing the same file.
  case busy
  /// The file cannot be created, written or renamed.
  case file
  case compression

  package static let domain = "parquet"

  package static let temporary: Set<Self> = [.closed, .diskFull, .busy, .compression]

  package var defaultHint: String? {
    switch self {
    case .schema: "correct the schema"
    case .batch: "give each batch one column for each of the schema's, all of the same length"
    case .value: "correct the value, or widen the column"
    case .closed: "begin a new file"
    case .diskFull: "free space there and write it again; nothing of it was left behind"
    case .busy: "wait for the other writer to end"
    case .file: "check that the folder exists and belongs to this user"
    case .compression: nil
    }
  }
}

/// Why a file was not written. Names files, columns and rows, never a value.
package typealias ParquetError = Problem<ParquetErrorCode>
