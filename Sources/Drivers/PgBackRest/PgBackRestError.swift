package import Model

/// Why a backup or restore failed.
package enum PgBackRestErrorCode: String, ProblemCode, CaseIterable {
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
  /// The folder to restore into is not empty, or belongs to another user.
  case folder
  /// No backup matches the request.
  case backupMissing
  case cancelled
  case failed
  /// The controller lost the lease of the step's resource; the program was not run.
  case leaseLost

  package static let domain = "pgbackrest"

  package static let temporary: Set<Self> = [
    .diskFull, .stanzaMissing, .busy, .unreachable, .archiving, .cancelled, .failed, .leaseLost,
  ]

  package var effect: StepEffect { self == .cancelled ? .uncertain : .settled }

  package var defaultHint: String? {
    switch self {
    case .programMissing: "install the Debian package pgbackrest"
    case .diskFull: "free space where the repository is; the backups that are complete stay usable"
    case .stanzaMismatch:
      "use another repository or name, or run pgBackRest's stanza-upgrade after an upgrade"
    case .stanzaMissing: "create the stanza before the first backup"
    case .busy: "wait for the running backup to end"
    case .unreachable: "is the server running?"
    case .archiving: "check archive_mode, archive_command and the server's log"
    case .folder: "restore into a new or empty folder that belongs to the server's user"
    case .backupMissing: "choose another backup or target"
    case .cancelled, .failed, .leaseLost: nil
    }
  }

  /// - Parameter number: From pgBackRest's `error.yaml`; nil when the program printed none.
  init(number: Int?, output: String) {
    if output.contains("No space left on device") {
      self = .diskFull
      return
    }
    self =
      switch number {
      case 28, 44: .stanzaMismatch
      case 50: .busy
      case 56, 57, 58: .unreachable
      case 82, 87: .archiving
      case 38, 40, 41, 73: .folder
      case 75: .backupMissing
      case 55, 103: output.contains("stanza-create") ? .stanzaMissing : .failed
      default: output.contains("No space") ? .diskFull : .failed
      }
  }
}

/// Why a backup or restore failed. The subject is the stanza, the cause pgBackRest's error number.
package typealias PgBackRestError = Problem<PgBackRestErrorCode>

extension PgBackRestError {
  /// - Parameter number: pgBackRest's error number; nil when it did not run.
  package init(_ code: Code, _ message: String, stanza: String, number: Int? = nil) {
    self.init(code, message, subject: "pgBackRest, stanza \(stanza)", cause: number.map(String.init))
  }

  /// Parses the first error line of the program's output: `ERROR: [050]: unable to acquire lock …`.
  init(output: String, status: String, stanza: String) {
    let lines = output.split(whereSeparator: \.isNewline).map(String.init)
    let line = lines.first { $0.contains("ERROR:") } ?? lines.last ?? "it ended with \(status)"
    let number = line.split(separator: "[").last.flatMap { Int($0.prefix { $0.isNumber }) }
    let message = line.split(separator: "]: ", maxSplits: 1).last.map(String.init) ?? line
    self.init(
      Code(number: number, output: output), message, stanza: stanza,
      number: line.contains("ERROR:") ? number : nil)
  }
}
