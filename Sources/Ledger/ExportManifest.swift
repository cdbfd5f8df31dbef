package import Model

/// The files of an exported day. The manifest is written last, so its presence means that the day is
/// complete. Equal contents have equal bytes.
package struct ExportManifest: Hashable, Sendable {
  package struct File: Hashable, Sendable {
    /// Relative to the destination's prefix: `entries/day=2026-11-21/part-0000.parquet`.
    package let path: String
    /// `entries` or `usage`.
    package let table: String
    package let rows: Int64
    package let bytes: Int64
    package let digest: Digest
    /// The smallest and the greatest id; nil without rows.
    package let firstID: Int64?
    package let lastID: Int64?
    /// The sum of amounts or prices, in credits as exact decimal text.
    package let sum: String
  }

  package static let schemaVersion: Int64 = 1

  package let day: UTCDay
  package let files: [File]
  /// The digest of the previous day's manifest; nil for the first day.
  package let previous: Digest?

  package init(day: UTCDay, files: [File], previous: Digest?) {
    self.day = day
    self.files = files
    self.previous = previous
  }

  package var bytes: [UInt8] {
    let files = files.map { file in
      Value.members([
        "path": .string(file.path), "table": .string(file.table), "rows": .integer(file.rows),
        "bytes": .integer(file.bytes), "sha256": .string(file.digest.hex),
        "firstId": file.firstID.map(Value.integer) ?? .null,
        "lastId": file.lastID.map(Value.integer) ?? .null,
        "sum": .string(file.sum),
      ])
    }
    let value = Value.members([
      "schemaVersion": .integer(ExportManifest.schemaVersion), "day": .string(day.description),
      "files": .array(files), "previousSha256": previous.map { .string($0.hex) } ?? .null,
    ])
    return value.jsonBytes() + [10]
  }

  package var digest: Digest { Digest(of: bytes) }

  /// Nil for anything but a manifest of this version.
  package init?(_ bytes: [UInt8]) {
    guard let value = try? Value(json: bytes),
      value["schemaVersion"] == .integer(ExportManifest.schemaVersion),
      case .string(let dayText)? = value["day"], let day = UTCDay(dayText),
      case .array(let items)? = value["files"]
    else { return nil }
    self.day = day
    switch value["previousSha256"] {
    case .null?: previous = nil
    case .string(let hex)?:
      guard let digest = Digest(hex: hex) else { return nil }
      previous = digest
    default: return nil
    }
    var files: [File] = []
    for item in items {
      guard let file = File(item) else { return nil }
      files.append(file)
    }
    self.files = files
  }
}

extension ExportManifest.File {
  fileprivate init?(_ value: Value) {
    func id(_ name: String) -> Int64? {
      if case .integer(let id)? = value[name] { id } else { nil }
    }
    guard case .string(let path)? = value["path"], case .string(let table)? = value["table"],
      let rows = id("rows"), let bytes = id("bytes"), case .string(let hex)? = value["sha256"],
      let digest = Digest(hex: hex), case .string(let sum)? = value["sum"]
    else { return nil }
    self.init(
      path: path, table: table, rows: rows, bytes: bytes, digest: digest, firstID: id("firstId"),
      lastID: id("lastId"), sum: sum)
  }
}

/// The manifest of the file of accounts, which every export and every erasure replaces.
package struct AccountsManifest: Hashable, Sendable {
  package let rows: Int64
  package let bytes: Int64
  package let digest: Digest
  /// The number of erased accounts when the file was written. If the database counts more, the file contains
  /// names that were erased since.
  package let erasures: Int64

  package var encoded: [UInt8] {
    Value.members([
      "schemaVersion": .integer(ExportManifest.schemaVersion), "path": .string(ExportLayout.accounts),
      "rows": .integer(rows), "bytes": .integer(bytes), "sha256": .string(digest.hex),
      "erasures": .integer(erasures),
    ]).jsonBytes() + [10]
  }

  init(rows: Int64, bytes: Int64, digest: Digest, erasures: Int64) {
    self.rows = rows
    self.bytes = bytes
    self.digest = digest
    self.erasures = erasures
  }

  /// Nil for anything but a manifest of this version.
  package init?(_ text: [UInt8]) {
    guard let value = try? Value(json: text),
      value["schemaVersion"] == .integer(ExportManifest.schemaVersion),
      case .integer(let rows)? = value["rows"], case .integer(let bytes)? = value["bytes"],
      case .string(let hex)? = value["sha256"], let digest = Digest(hex: hex),
      case .integer(let erasures)? = value["erasures"]
    else { return nil }
    self.init(rows: rows, bytes: bytes, digest: digest, erasures: erasures)
  }
}

/// The paths of files, relative to a destination's prefix.
enum ExportLayout {
  static let accounts = "accounts/accounts.parquet"
  static let accountsManifest = "accounts/manifest.json"
  static let manifests = "manifests/"
  /// Identifies the ledger that the destination belongs to.
  static let owner = "ledger.json"

  static func manifest(_ day: UTCDay) -> String { "\(manifests)\(day).json" }
  static func part(_ table: String, _ day: UTCDay) -> String { "\(table)/day=\(day)/part-0000.parquet" }
}
