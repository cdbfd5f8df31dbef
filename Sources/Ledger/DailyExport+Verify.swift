internal import Model
internal import ObjectStorage
internal import Postgres

/// Whether a destination has what its manifests, and the table of exports, say.
package struct ExportReport: Hashable, Sendable {
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// From the destination's prefix on.
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
  /// Reads every file of every day there and compares it with its checksum. A store that cannot be asked throws; what is
  /// missing or differs is told.
  package func verify() async throws(ExportError) -> ExportReport {
    do {
      return try await withScratch { folder in
        var check = ExportCheck(target, local: "\(folder)/check.parquet")
        try await check.days(recorded: try await recorded())
        for (day, written, found) in try await strays() { check.stray(day, written: written, found: found) }
        try await check.accounts(
          erasures: try await AccountsSnapshot(pool: pool, destination: target, folder: folder).erasures())
        return check.report
      }
    } catch {
      throw ExportError(any: error)
    }
  }

  /// Days that have other numbers of entries in the books than were written.
  private func strays() async throws(PostgresError) -> [(UTCDay, Int64, Int64)] {
    var strays: [(UTCDay, Int64, Int64)] = []
    for row in try await pool.query(DailyExport.strayDays, [.text(destination)]) {
      strays.append((UTCDay(of: try row.timestamp(0)), try row.int(1), try row.int(2)))
    }
    return strays
  }

  private static let strayDays = """
    SELECT x.day, x.entries, coalesce(e.entries, 0) FROM ledger_exports x
    LEFT JOIN (
      SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, count(*) AS entries FROM ledger_entries GROUP BY 1
    ) e ON e.day = x.day
    WHERE x.destination = $1 AND x.entries <> coalesce(e.entries, 0) ORDER BY x.day
    """

  /// The checksums of manifests that the database remembers.
  private func recorded() async throws(PostgresError) -> [UTCDay: String] {
    var recorded: [UTCDay: String] = [:]
    let rows = try await pool.query(
      "SELECT day, manifest_sha256 FROM ledger_exports WHERE destination = $1", [.text(destination)])
    for row in rows { recorded[UTCDay(of: try row.timestamp(0))] = try row.text(1) }
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

  mutating func stray(_ day: UTCDay, written: Int64, found count: Int64) {
    found(
      ExportLayout.manifest(day), "\(written) entries were written, and the books have \(count) of that day")
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
        found(path, "it is no manifest of that day")
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
        found(path, "the database knows nothing of it")
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
    guard let manifest = AccountsManifest(text) else { return found(path, "it is no manifest of accounts") }
    if manifest.erasures != erasures {
      found(path, "\(erasures - manifest.erasures) accounts were erased since, whose names still stand there")
    }
    try await file(ExportLayout.accounts, bytes: manifest.bytes, manifest.digest)
  }

  private mutating func file(_ path: String, bytes: Int64, _ digest: Digest) async throws {
    report.files += 1
    guard let size = try await target.size(of: path) else { return found(path, "it is missing") }
    guard size == bytes else { return found(path, "it has \(size) bytes, and the manifest says \(bytes)") }
    try await target.get(path, to: local)
    guard try ExportCheck.digest(ofFile: local) == digest else {
      return found(path, "it is not what the manifest's checksum says")
    }
  }

  private static func digest(ofFile path: String) throws(ObjectStorageError) -> Digest {
    try LocalFile(path, subject: path).digest()
  }
}
