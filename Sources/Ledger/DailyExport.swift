internal import Glibc
package import Model
package import ObjectStorage
package import Postgres

/// The export of the ledger's days as Parquet files to one destination (seeds: Financial & Incentive Flows,
/// nightly export).
///
/// A day is `entries/day=2026-11-21/part-0000.parquet`, `usage/day=2026-11-21/part-0000.parquet` and, written
/// last, `manifests/2026-11-21.json`: a manifest means that the day is complete. Each manifest contains the
/// checksum of the one before. Entries and usage refer to accounts by id only. The names are in
/// `accounts/accounts.parquet`, which every export replaces, so an erasure rewrites no day.
package struct DailyExport: Sendable {
  package enum Outcome: Hashable, Sendable {
    case written(ExportManifest)
    /// The destination already had the same files.
    case unchanged(ExportManifest)
  }

  let pool: PostgresPool
  let target: ExportLocation
  private let scratch: String
  /// The destination's name in the table of exports.
  package let destination: String

  /// - Parameters:
  ///   - prefix: The prefix of all paths in the store; empty for the store's root.
  ///   - scratch: A local folder with enough space for the files of one day.
  package init(
    _ pool: PostgresPool, to store: any ObjectStore, prefix: String = "", scratch: String
  ) {
    self.pool = pool
    target = ExportLocation(store, prefix: prefix)
    destination = target.name
    self.scratch = scratch
  }

  package func state() async throws(ExportError) -> ExportState {
    do throws(PostgresError) {
      return try await ExportState.read(of: destination, in: pool)
    } catch {
      throw ExportError(error)
    }
  }

  /// Exports a past day, which must follow the exported days. May be repeated: files that would be equal
  /// stay, others are replaced, and the manifests of later days are updated.
  /// - Parameter now: Decides whether the day is over.
  @discardableResult
  package func run(_ day: UTCDay, now: Timestamp) async throws(ExportError) -> Outcome {
    guard day.end <= now else {
      throw ExportError(
        .dayNotOver, "\(day) is not over at \(now), so entries may be added",
        hint: "export it after midnight UTC")
    }
    do {
      return try await withScratch { folder in try await write(day, in: folder) }
    } catch {
      throw ExportError(any: error)
    }
  }

  /// Replaces the file of accounts, for example after an erasure.
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

  /// Marks the destination as this ledger's unless it has a mark.
  private func claim() async throws {
    let id = try await pool.query("SELECT id::text AS id FROM ledger_books").only().text("id")
    let mark = Array((Value.members(["books": .string(id)]).json + "\n").utf8)
    guard let found = try await target.text(ExportLayout.owner) else {
      return try await target.put(mark, at: ExportLayout.owner)
    }
    guard found == mark else {
      throw ExportError(
        .otherBooks, "\(destination) has the export of another ledger",
        hint: "export this ledger to a folder or prefix of its own", retry: .afterChange)
    }
  }

  private func write(_ day: UTCDay, in folder: String) async throws -> Outcome {
    let before = try await target.manifest(day.previous)?.digest
    guard try await pool.query(DailyExport.hasBegun, [.timestamp(day.end)]).only().bool("has_begun") else {
      throw ExportError(
        .nothingRecorded, "nothing was recorded on \(day) or before it",
        hint: "export days from the first entry on")
    }
    let first = try await state().firstDay ?? day
    guard before != nil || day <= first else {
      throw ExportError(
        .earlierDayMissing, "\(destination) has no \(day.previous) yet, and days are exported in order",
        hint: "export the days from \(first) on")
    }
    try await refuseOpenTransactions(of: day)
    try await claim()
    let files = try await writeFiles(of: day, in: folder)
    let manifest = ExportManifest(day: day, files: files, previous: before)
    let isUnchanged = try await has(manifest)
    if !isUnchanged {
      // Until the new manifest is written, the day does not count as exported.
      try await forget(day)
      try await target.delete(ExportLayout.manifest(day))
      for file in files { try await target.put(file: DailyExport.local(file.table, folder), at: file.path) }
      try await target.put(manifest.bytes, at: ExportLayout.manifest(day))
    }
    try await AccountsSnapshot(pool: pool, destination: target, folder: folder).write()
    try await record(manifest)
    try await relink(after: manifest)
    return isUnchanged ? .unchanged(manifest) : .written(manifest)
  }

  private func has(_ manifest: ExportManifest) async throws(ObjectStorageError) -> Bool {
    guard try await target.text(ExportLayout.manifest(manifest.day)) == manifest.bytes else { return false }
    for file in manifest.files where try await target.size(of: file.path) != file.bytes { return false }
    return true
  }

  /// Writes all files from one snapshot of the database.
  private func writeFiles(of day: UTCDay, in folder: String) async throws -> [ExportManifest.File] {
    // Pages are read along the index of ids, not sorted out of the whole day. Files are written once, so
    // there is one attempt.
    let options = TransactionOptions(
      isolation: .repeatableRead, isReadOnly: true,
      settings: ["enable_sort": "off", "plan_cache_mode": "force_custom_plan"], attempts: 1)
    return try await pool.transaction(
      options,
      throwingAny: { transaction in
        var kinds: [Int64: LedgerStore.AccountKind] = [:]
        for row in try await transaction.query("SELECT id, kind FROM accounts") {
          kinds[try row.int("id")] = LedgerStore.AccountKind(rawValue: try row.text("kind"))
        }
        var files: [ExportManifest.File] = []
        for table in ExportTable.all {
          var writer = ExportWriter(table, day, kinds: kinds)
          files.append(try await writer.write(to: DailyExport.local(table.name, folder), from: transaction))
        }
        return files
      })
  }

  /// The entries of an open transaction would be missing.
  private func refuseOpenTransactions(of day: UTCDay) async throws {
    let row = try await pool.query(LedgerSQL.openTransactions, [.timestamp(day.end)]).only()
    let open = try row.int("open")
    guard open == 0 else {
      throw ExportError(
        .transactionsOpen, "\(open) transactions began before the end of \(day) and are still open",
        hint: "wait until they are committed")
    }
    guard try row.bool("has_passed") else {
      throw ExportError(
        .dayNotOver, "\(day) is not over yet by the database's clock",
        hint: "set both machines' clocks by NTP",
        retry: .later)
    }
  }

  /// Makes the day due again, until it is recorded.
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
      LedgerSQL.recordExport,
      [
        .text(manifest.day.description), .text(destination), .int(rows(.entries)), .int(rows(.usage)),
        .text(manifest.digest.hex),
      ])
  }

  /// Rewrites the manifests of later days that contain an older checksum of their predecessor.
  private func relink(after manifest: ExportManifest) async throws {
    var last = manifest
    while let (next, _) = try await target.manifest(last.day.next), next.previous != last.digest {
      last = ExportManifest(day: next.day, files: next.files, previous: last.digest)
      try await target.put(last.bytes, at: ExportLayout.manifest(last.day))
      try await record(last)
    }
  }

  private static func local(_ table: String, _ folder: String) -> String { "\(folder)/\(table).parquet" }

  /// Runs `body` with a new folder, which is removed with its files afterwards.
  func withScratch<Output>(_ body: (String) async throws -> Output) async throws -> Output {
    var template = Array("\(scratch)/export-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ExportError(
        .file, "no folder can be created in \(scratch): \(String(cString: strerror(errno)))",
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

  private static let hasBegun = """
    SELECT EXISTS (SELECT 1 FROM ledger_entries WHERE recorded_at < $1)
      OR EXISTS (SELECT 1 FROM usage_events WHERE recorded_at < $1) AS has_begun
    """
}
