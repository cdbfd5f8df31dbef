internal import Glibc
package import Model
package import ObjectStorage
package import Postgres

/// The ledger's days as Parquet files at one destination (seeds: Financial & Incentive Flows, nightly export).
///
/// A day is `entries/day=2026-11-21/part-0000.parquet`, `usage/day=2026-11-21/part-0000.parquet` and, written last,
/// `manifests/2026-11-21.json`: whoever sees the manifest sees the whole day. Each manifest has the checksum of the one
/// before. Entries and usage name accounts by their ids alone; names stand in `accounts/accounts.parquet`, which every
/// export replaces, so that erasing somebody rewrites no day.
package struct DailyExport: Sendable {
  package enum Outcome: Hashable, Sendable {
    case written(ExportManifest)
    /// What is there is what would be written.
    case unchanged(ExportManifest)
  }

  let pool: PostgresPool
  let target: ExportLocation
  private let scratch: String
  /// What the table of exports calls this destination.
  package let destination: String

  /// - Parameters:
  ///   - prefix: below which everything stands in the store; empty for the store's root.
  ///   - destination: what the table of exports calls it, always the same for the same place; nil: by the store's place.
  ///   - scratch: a folder of this machine with room for a day's files.
  package init(
    _ pool: PostgresPool, to store: any ObjectStore, prefix: String = "", as destination: String? = nil,
    scratch: String
  ) {
    self.pool = pool
    target = ExportLocation(store, prefix: prefix)
    self.destination = destination ?? target.name
    self.scratch = scratch
  }

  package func state() async throws(ExportError) -> ExportState {
    do throws(PostgresError) {
      return try await ExportState.read(of: destination, in: pool)
    } catch {
      throw ExportError(error)
    }
  }

  /// Writes a day that is over, after the days before it. May be repeated: files that would be the same stay, others are
  /// replaced, and the manifests of later days follow.
  /// - Parameter now: decides whether the day is over.
  @discardableResult
  package func run(_ day: UTCDay, now: Timestamp) async throws(ExportError) -> Outcome {
    guard day.end <= now else {
      throw ExportError(
        .dayNotOver, "\(day) is not over at \(now), and entries may still come",
        hint: "export it after midnight UTC")
    }
    do {
      return try await withScratch { folder in try await write(day, in: folder) }
    } catch {
      throw ExportError(any: error)
    }
  }

  /// Replaces the file of accounts, as after somebody was erased.
  package func writeAccounts() async throws(ExportError) {
    do {
      try await withScratch { folder in
        try await claim()
        try await AccountsSnapshot(pool: pool, destination: target, folder: folder).write()
      }
    } catch {
      throw ExportError(any: error)
    }
  }

  /// Marks a place that is nobody's yet as that of these books.
  private func claim() async throws {
    let id = try await pool.query("SELECT id::text FROM ledger_books").only().text(0)
    let mark = Array((Value.members(["books": .string(id)]).json + "\n").utf8)
    guard let found = try await target.text(ExportLayout.owner) else {
      return try await target.put(mark, at: ExportLayout.owner)
    }
    guard found == mark else {
      throw ExportError(
        .otherBooks, "\(destination) holds the days of other books",
        hint: "give this ledger a folder or prefix of its own", retry: .afterChange)
    }
  }

  private func write(_ day: UTCDay, in folder: String) async throws -> Outcome {
    let before = try await target.manifest(day.previous)?.digest
    guard try await pool.query(DailyExport.begun, [.timestamp(day.end)]).only().bool(0) else {
      throw ExportError(
        .nothingRecorded, "nothing was recorded on \(day) or before it",
        hint: "export days from the first entry on")
    }
    let first = try await state().firstDay ?? day
    guard before != nil || day <= first else {
      throw ExportError(
        .earlierDayMissing, "\(destination) has no \(day.previous) yet, and days are written in order",
        hint: "export the days from \(first) on")
    }
    try await refuseOpenTransactions(of: day)
    try await claim()
    let files = try await writeFiles(of: day, in: folder)
    let manifest = ExportManifest(day: day, files: files, previous: before)
    let isThere = try await has(manifest)
    if !isThere {
      // Until the new one is complete, the day counts as not there.
      try await forget(day)
      try await target.delete(ExportLayout.manifest(day))
      for file in files { try await target.put(file: DailyExport.local(file.table, folder), at: file.path) }
      try await target.put(manifest.bytes, at: ExportLayout.manifest(day))
    }
    try await AccountsSnapshot(pool: pool, destination: target, folder: folder).write()
    try await record(manifest)
    try await relink(after: manifest)
    return isThere ? .unchanged(manifest) : .written(manifest)
  }

  private func has(_ manifest: ExportManifest) async throws(ObjectStorageError) -> Bool {
    guard try await target.text(ExportLayout.manifest(manifest.day)) == manifest.bytes else { return false }
    for file in manifest.files where try await target.size(of: file.path) != file.bytes { return false }
    return true
  }

  /// All files are of one moment.
  private func writeFiles(of day: UTCDay, in folder: String) async throws -> [ExportManifest.File] {
    // A page is read along the ids and never sorted out of the whole day; files are written once, so there is one
    // attempt.
    let options = TransactionOptions(
      isolation: .repeatableRead, isReadOnly: true,
      settings: ["enable_sort": "off", "plan_cache_mode": "force_custom_plan"], attempts: 1)
    return try await pool.transaction(
      options,
      throwingAny: { transaction in
        var kinds: [Int64: LedgerStore.AccountKind] = [:]
        for row in try await transaction.query(DailyExport.kinds) {
          kinds[try row.int(0)] = LedgerStore.AccountKind(rawValue: try row.text(1))
        }
        var files: [ExportManifest.File] = []
        for table in ExportTable.all {
          var writer = ExportWriter(table, day, kinds: kinds)
          files.append(try await writer.write(to: DailyExport.local(table.name, folder), from: transaction))
        }
        return files
      })
  }

  /// Entries of a transaction that is still open would be missing.
  private func refuseOpenTransactions(of day: UTCDay) async throws {
    let row = try await pool.query(DailyExport.openTransactions, [.timestamp(day.end)]).only()
    let open = try row.int(0)
    guard open == 0 else {
      throw ExportError(
        .transactionsOpen, "\(open) transactions began before the end of \(day) and are still open",
        hint: "wait until they are committed")
    }
    guard try row.bool(1) else {
      throw ExportError(
        .dayNotOver, "\(day) is not over yet by the database's clock",
        hint: "set both machines' clocks by NTP",
        retry: .later)
    }
  }

  /// From here on the day is due again, until it is recorded.
  private func forget(_ day: UTCDay) async throws(PostgresError) {
    try await pool.query(
      "DELETE FROM ledger_exports WHERE day = $1::date AND destination = $2",
      [.text(day.description), .text(destination)])
  }

  private func record(_ manifest: ExportManifest) async throws(PostgresError) {
    func rows(_ table: ExportTable) -> Int64 {
      manifest.files.first { $0.table == table.name }?.rows ?? 0
    }
    try await pool.query(
      DailyExport.upsert,
      [
        .text(manifest.day.description), .text(destination), .int(rows(.entries)), .int(rows(.usage)),
        .text(manifest.digest.hex),
      ])
  }

  /// The manifests of later days have the checksum of the one before: where that changed, they are written anew.
  private func relink(after manifest: ExportManifest) async throws {
    var last = manifest
    while let (next, _) = try await target.manifest(last.day.next), next.previous != last.digest {
      last = ExportManifest(day: next.day, files: next.files, previous: last.digest)
      try await target.put(last.bytes, at: ExportLayout.manifest(last.day))
      try await record(last)
    }
  }

  private static func local(_ table: String, _ folder: String) -> String { "\(folder)/\(table).parquet" }

  /// A folder of one's own, gone with its files when `body` ends.
  func withScratch<Output>(_ body: (String) async throws -> Output) async throws -> Output {
    var template = Array("\(scratch)/export-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ExportError(
        .file, "no folder can be made in \(scratch): \(String(cString: strerror(errno)))",
        hint: "check that it exists and belongs to this user")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["accounts", "check"] + ExportTable.all.map(\.name) {
        unlink(DailyExport.local(name, folder))
      }
      rmdir(folder)
    }
    return try await body(folder)
  }

  private static let begun = """
    SELECT EXISTS (SELECT 1 FROM ledger_entries WHERE recorded_at < $1)
      OR EXISTS (SELECT 1 FROM usage_events WHERE recorded_at < $1)
    """
  private static let kinds = "SELECT id, kind FROM accounts"
  private static let openTransactions = """
    SELECT count(*), clock_timestamp() >= $1 FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start < $1 AND pid <> pg_backend_pid()
      AND backend_type = 'client backend'
    """
  private static let upsert = """
    INSERT INTO ledger_exports (day, destination, entries, usage, manifest_sha256)
    VALUES ($1::date, $2, $3, $4, $5)
    ON CONFLICT (day, destination) DO UPDATE SET entries = excluded.entries, usage = excluded.usage,
      manifest_sha256 = excluded.manifest_sha256, exported_at = now()
    WHERE ledger_exports.manifest_sha256 <> excluded.manifest_sha256
    """
}
