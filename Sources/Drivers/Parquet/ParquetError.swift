package import Model

/// Why a file was not written. Safe to show: names files, columns and rows, never a value.
package struct ParquetError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// The schema cannot be written: no columns, a name twice, a decimal that is too wide.
    case schema
    /// The columns of a batch do not fit the schema or each other.
    case batch
    /// A value does not fit its column: null where one is required, too many digits, no UTF-8, a wrong length.
    case value
    /// The writer was finished, or failed before.
    case closed
    case diskFull
    /// Another writer is writing the same file.
    case busy
    /// The file cannot be made, written or renamed.
    case file
    case compression
  }

  package let code: Code
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var hint: String? {
    switch code {
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

  package var description: String { hint.map { "\(message); \($0)" } ?? message }

  package var backendError: BackendError {
    let retry: BackendError.Retry =
      switch code {
      case .schema, .batch, .value, .file: .afterChange
      case .closed, .diskFull, .busy, .compression: .later
      }
    return BackendError(code: "parquet.\(code.rawValue)", message, hint: hint, retry: retry)
  }
}
