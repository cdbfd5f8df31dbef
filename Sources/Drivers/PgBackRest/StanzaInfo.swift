package import Model

/// One backup in the repository.
package struct Backup: Hashable, Sendable {
  /// Such as `20261122-021500F`.
  package let label: String
  package let type: PgBackRest.BackupType
  package let start: Timestamp
  package let stop: Timestamp
  /// The size of the database at the time of the backup.
  package let databaseSize: ByteCount
  /// The size of this backup alone in the repository.
  package let repositorySize: ByteCount
  /// The range of WAL segments that makes the backup consistent.
  package let firstWAL: String?
  package let lastWAL: String?
  /// Whether pages with wrong checksums were found.
  package let hasErrors: Bool
}

/// The repository's content for one server.
package struct StanzaInfo: Hashable, Sendable {
  /// 0 for success; other numbers are pgBackRest's, such as 1 for a missing stanza and 2 for no backups.
  package let status: Int
  package let message: String
  /// Oldest first.
  package let backups: [Backup]
  /// The oldest and newest segments of WAL of the server's current history; nil when there are none.
  package let firstWAL: String?
  package let lastWAL: String?

  package var exists: Bool { status != 1 }

  /// Parses the output of `info --output=json`.
  static func read(_ json: String, stanza: String) throws(PgBackRestError) -> StanzaInfo {
    guard let document = try? Value(json: json), case .array(let stanzas) = document,
      let found = stanzas.first(where: { $0["name"] == .string(stanza) })
    else {
      throw PgBackRestError(.failed, "its report on the repository cannot be read", stanza: stanza)
    }
    var backups: [Backup] = []
    for element in found["backup"]?.elements ?? [] {
      guard let backup = Backup(element) else {
        throw PgBackRestError(.failed, "its report on a backup cannot be read", stanza: stanza)
      }
      backups.append(backup)
    }
    let archive = found["archive"]?.elements.last
    return StanzaInfo(
      status: Int(found["status"]?["code"]?.number ?? 99), message: found["status"]?["message"]?.text ?? "",
      backups: backups, firstWAL: archive?["min"]?.text, lastWAL: archive?["max"]?.text)
  }
}

extension Backup {
  fileprivate init?(_ value: Value) {
    guard let label = value["label"]?.text,
      let type = value["type"]?.text.flatMap(PgBackRest.BackupType.init(rawValue:)),
      let start = value["timestamp"]?["start"]?.number, let stop = value["timestamp"]?["stop"]?.number,
      let size = value["info"]?["size"]?.number, let stored = value["info"]?["repository"]?["delta"]?.number
    else { return nil }
    self.init(
      label: label, type: type, start: Timestamp(seconds: start), stop: Timestamp(seconds: stop),
      databaseSize: ByteCount(bytes: size), repositorySize: ByteCount(bytes: stored),
      firstWAL: value["archive"]?["start"]?.text, lastWAL: value["archive"]?["stop"]?.text,
      hasErrors: value["error"] == .bool(true))
  }
}

extension Value {
  fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
  fileprivate var number: Int64? { if case .integer(let number) = self { number } else { nil } }
  fileprivate var elements: [Value] { if case .array(let elements) = self { elements } else { [] } }
}
