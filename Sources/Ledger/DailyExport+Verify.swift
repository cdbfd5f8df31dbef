internal import Model
internal import ObjectStorage
internal import Postgres

/// The result of comparing a destination with its manifests and with the table of exports.
package struct ExportReport: Hashable, Sendable {
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// Relative to the destination's prefix.
    package let path: String
    package let problem: String

    package var description: String { "\(path): \(problem)" }
  }

  package var days = 0
  package var files = 0
  package var findings: [Finding] = []
  package var isSound: Bool { findings.isEmpty }
}

extension DailyExport {
  /// Reads every exported file and compares it with its checksum. Missing and changed files are findings; a
  /// store that cannot be read is an error.
  package func verify() async throws(ExportError) -> ExportReport {
    do {
      return try await withScratch { folder in
        var check = ExportCheck(target, local: "\(folder)/check.parquet")
        try await check.days(recorded: try await recorded())
        for (day, exported, found) in try await changedDays() {
          check.changed(day, exported: exported, found: found)
        }
        try await check.accounts(
          erasures: try await AccountsSnapshot(pool: pool, destination: target, folder: folder).erasures())
        return check.report
      }
    } catch {
      throw ExportError(any: error)
    }
  }

  /// Days whose number of entries in the ledger differs from the number that was exported.
  private func changedDays() async throws(PostgresError) -> [(UTCDay, Int64, Int64)] {
    var days: [(UTCDay, Int64, Int64)] = []
    for row in try await pool.query(LedgerSQL.changedDays, [.text(destination)]) {
      days.append((UTCDay(of: try row.timestamp("day")), try row.int("exported"), try row.int("found")))
    }
    return days
  }

  /// The checksums of manifests that the database has recorded.
  private func recorded() async throws(PostgresError) -> [UTCDay: String] {
    var recorded: [UTCDay: String] = [:]
    let rows = try await pool.query(
      "SELECT day, manifest_sha256 FROM ledger_exports WHERE destination = $1", [.text(destination)])
    for row in rows { recorded[UTCDay(of: try row.timestamp("day"))] = try row.text("manifest_sha256") }
    return recorded
  }
}

private struct ExportCheck {
  private let target: ExportLocation
  private let local: String
  private(set) var report = ExportReport()

  init(_ target: ExportLocation, local: String) {
    self.target = target
    self.local = local
  }

  private mutating func found(_ path: String, _ problem: String) {
    report.findings.append(ExportReport.Finding(path: path, problem: problem))
  }

  mutating func changed(_ day: UTCDay, exported: Int64, found count: Int64) {
    found(
      ExportLayout.manifest(day), "\(exported) entries were exported, but the ledger has \(count) of that day"
    )
  }

  mutating func days(recorded: [UTCDay: String]) async throws {
    var previous: (day: UTCDay, digest: Digest)?
    let days = try await target.days()
    for day in days {
      let path = ExportLayout.manifest(day)
      guard let bytes = try await target.text(path) else { continue }
      let digest = Digest(of: bytes)
      report.days += 1
      guard let manifest = ExportManifest(bytes), manifest.day == day else {
        found(path, "it is not a manifest of that day")
        previous = (day, digest)
        continue
      }
      if let previous, previous.day != day.previous {
        found(path, "the days between \(previous.day) and it are missing")
      } else if manifest.previous != previous?.digest {
        found(path, "it does not follow the manifest of the day before")
      }
      if let known = recorded[day], known != digest.hex {
        found(path, "it is not the one that was written")
      } else if recorded[day] == nil {
        found(path, "the database has no record of it")
      }
      for file in manifest.files { try await self.file(file.path, bytes: file.bytes, file.digest) }
      previous = (day, digest)
    }
    for day in recorded.keys.sorted() where !days.contains(day) {
      found(ExportLayout.manifest(day), "it was written and is missing")
    }
  }

  mutating func accounts(erasures: Int64) async throws {
    let path = ExportLayout.accountsManifest
    guard let text = try await target.text(path) else {
      if report.days > 0 { found(path, "it is missing") }
      return
    }
    guard let manifest = AccountsManifest(text) else {
      return found(path, "it is not a manifest of accounts")
    }
    if manifest.erasures != erasures {
      found(path, "it contains the names of \(erasures - manifest.erasures) accounts that were erased since")
    }
    try await file(ExportLayout.accounts, bytes: manifest.bytes, manifest.digest)
  }

  private mutating func file(_ path: String, bytes: Int64, _ digest: Digest) async throws {
    report.files += 1
    guard let size = try await target.size(of: path) else { return found(path, "it is missing") }
    guard size == bytes else { return found(path, "it has \(size) bytes, and the manifest says \(bytes)") }
    try await target.get(path, to: local)
    guard try ExportCheck.digest(ofFile: local) == digest else {
      return found(path, "it does not match the checksum of the manifest")
    }
  }

  private static func digest(ofFile path: String) throws(ObjectStorageError) -> Digest {
    try LocalFile(path, subject: path).digest()
  }
}
