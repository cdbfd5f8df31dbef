internal import CLibPQ
internal import Model

extension PostgresErrorCode {
  /// See appendix A of PostgreSQL's manual.
  init(sqlState: String) {
    switch sqlState {
    case "23505": self = .duplicate
    case "3D000": self = .databaseMissing
    // Only these prove that nothing is recorded in the table that the statement names.
    case "42P01", "3F000": self = .missing
    case "42703", "42883", "42704": self = .incompatible
    case "42501": self = .permission
    case "42601": self = .syntax
    case "53100": self = .diskFull
    case "53300": self = .tooManyConnections
    case "25006": self = .readOnly
    case "40001", "40P01": self = .conflict
    case "55P03": self = .lockTimeout
    case "57014": self = .cancelled
    case "57P01", "57P02", "57P03", "57P05": self = .unreachable
    case "25P02": self = .transactionAborted
    default:
      switch sqlState.prefix(2) {
      case "08": self = .unreachable
      case "23": self = .constraint
      case "28": self = .authentication
      default: self = .statement
      }
    }
  }
}

extension PostgresError {
  /// The error of a failed result.
  init(result: OpaquePointer, server: String) {
    func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
    let state = field(DiagnosticField.sqlState)
    let message =
      field(DiagnosticField.primary)
      ?? String(cString: PQresultErrorMessage(result)).firstLine
    let context = [
      field(DiagnosticField.constraint) ?? field(DiagnosticField.table), field(DiagnosticField.detail),
      field(DiagnosticField.hint),
    ].compactMap(\.self)
    self.init(
      state.map(Code.init(sqlState:)) ?? .unreachable, message, server: server, sqlState: state,
      detail: context.isEmpty ? nil : context.joined(separator: "; "))
  }

  /// The error of a connection that could not be opened or broke.
  init(connectionText text: String, server: String) {
    let message = text.firstLine
    let code: Code =
      if ["password authentication failed", "no password supplied", "pg_hba.conf", "authentication failed"]
        .contains(where: text.contains)
      {
        .authentication
      } else if text.contains("database \""), text.contains("does not exist") {
        .databaseMissing
      } else if text.contains("role \""), text.contains("does not exist") {
        .authentication
      } else if text.contains("too many clients") || text.contains("remaining connection slots") {
        .tooManyConnections
      } else {
        .unreachable
      }
    let hint =
      code == .unreachable && (text.contains("No such file") || text.contains("refused"))
      ? "is the server running there?" : nil
    self.init(
      code, message.isEmpty ? "the connection was lost" : message, hint: hint, server: server)
  }
}

/// The characters of `PG_DIAG_…`, which are C character macros.
private enum DiagnosticField {
  static let sqlState = Int32(UInt8(ascii: "C"))
  static let primary = Int32(UInt8(ascii: "M"))
  static let detail = Int32(UInt8(ascii: "D"))
  static let hint = Int32(UInt8(ascii: "H"))
  static let table = Int32(UInt8(ascii: "t"))
  static let constraint = Int32(UInt8(ascii: "n"))
}

extension String {
  fileprivate var firstLine: String { split(whereSeparator: \.isNewline).first.map(String.init) ?? "" }
}
