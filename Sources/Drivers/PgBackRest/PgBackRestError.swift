package import Model

/// Why a backup or restore did not happen. Safe to show.
package struct PgBackRestError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case programMissing
    case diskFull
    /// The repository holds another server's backups under this name, or the server was upgraded.
    case stanzaMismatch
    case stanzaMissing
    /// Another backup is running.
    case busy
    /// The server is not reachable.
    case unreachable
    /// WAL does not reach the repository.
    case archiving
    /// The folder to restore into is not empty, or belongs to somebody else.
    case folder
    /// No backup serves what was asked for.
    case backupMissing
    case cancelled
    case failed
  }

  package let code: Code
  package let message: String
  package let stanza: String
  /// pgBackRest's own number; nil when it did not run.
  package let number: Int?

  package init(_ code: Code, _ message: String, stanza: String, number: Int? = nil) {
    self.code = code
    self.message = message
    self.stanza = stanza
    self.number = number
  }

  /// Reads what the program said last: `ERROR: [050]: unable to acquire lock …`.
  init(output: String, status: String, stanza: String) {
    let lines = output.split(whereSeparator: \.isNewline).map(String.init)
    let line = lines.first { $0.contains("ERROR:") } ?? lines.last ?? "it ended with \(status)"
    let number = line.split(separator: "[").last.flatMap { Int($0.prefix { $0.isNumber }) }
    let message = line.split(separator: "]: ", maxSplits: 1).last.map(String.init) ?? line
    self.init(
      PgBackRestError.code(number, text: output), message, stanza: stanza,
      number: line.contains("ERROR:") ? number : nil)
  }

  /// The numbers are pgBackRest's, from its `error.yaml`.
  private static func code(_ number: Int?, text: String) -> Code {
    if text.contains("No space left on device") { return .diskFull }
    switch number {
    case 28, 44: return .stanzaMismatch
    case 50: return .busy
    case 56, 57, 58: return .unreachable
    case 82, 87: return .archiving
    case 38, 40, 41, 73: return .folder
    case 75: return .backupMissing
    case 55, 103: return text.contains("stanza-create") ? .stanzaMissing : .failed
    default: return text.contains("No space") ? .diskFull : .failed
    }
  }

  package var hint: String? {
    switch code {
    case .programMissing: "install the Debian package pgbackrest"
    case .diskFull: "free space where the repository is; the backups that are complete stay usable"
    case .stanzaMismatch:
      "use another repository or name, or run pgBackRest's stanza-upgrade after an upgrade"
    case .stanzaMissing: "create the stanza before the first backup"
    case .busy: "wait for the running backup to end"
    case .unreachable: "is the server running?"
    case .archiving: "look at archive_mode, archive_command and the server's log"
    case .folder: "restore into a new or empty folder that belongs to the server's user"
    case .backupMissing: "ask for another backup or target"
    case .cancelled, .failed: nil
    }
  }

  package var description: String {
    let text = "pgBackRest, stanza \(stanza): \(message)"
    return hint.map { "\(text); \($0)" } ?? text
  }

  package var backendError: BackendError {
    let isLasting = [.programMissing, .stanzaMismatch, .folder, .backupMissing].contains(code)
    return BackendError(
      code: "pgbackrest.\(code.rawValue)", "pgBackRest, stanza \(stanza): \(message)", hint: hint,
      retry: isLasting ? .afterChange : .later)
  }
}
