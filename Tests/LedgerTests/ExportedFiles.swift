import Ledger
import Model
import ObjectStorage
import ObjectStorageSupport
import Postgres
import Subprocess
import Testing

/// A destination of a test and its files.
struct ExportedFiles: Sendable {
  enum Kind: String, CaseIterable, Sendable { case folder, s3 }

  let store: any ObjectStore
  let files: TestFiles
  let export: DailyExport

  static func at(_ kind: Kind, of fixture: LedgerFixture) async throws -> ExportedFiles {
    let files = try TestFiles()
    let store: any ObjectStore =
      switch kind {
      case .folder: FolderStore("\(files.folder)/store")
      case .s3: try await SeaweedFS.shared().store()
      }
    return ExportedFiles(
      store: store, files: files,
      export: DailyExport(fixture.pool, to: store, prefix: "ledger", scratch: files.folder))
  }

  /// All objects with their bytes.
  func contents() async throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for object in try await store.list(prefix: "") { contents[object.key] = try await store.get(object.key) }
    return contents
  }

  /// The contents as read by pyarrow and DuckDB.
  func reading() async throws -> Value {
    let copy = try TestFiles()
    let local = FolderStore(copy.folder)
    for (key, bytes) in try await contents() { try await local.put(bytes, at: key) }
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let made = try await run(
      .name("sh"),
      arguments: [
        "\(root)/scripts/python.sh", "\(root)/.build/python/parquet", "pyarrow==26.0.1", "duckdb==2.0.0",
      ],
      output: .string(limit: 4096), error: .string(limit: 1 << 16))
    let python = made.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
    let read = try await run(
      .name("env"), arguments: [python, "\(root)/Tests/Support/Parquet/export.py", "\(copy.folder)/ledger"],
      output: .string(limit: 64 << 20), error: .string(limit: 1 << 16))
    try #require(read.terminationStatus.isSuccess, "\(read.standardError)")
    return try Value(json: read.standardOutput.utf8)
  }

  /// The keys of objects that contain the text.
  func holds(_ text: String) async throws -> [String] {
    let needle = Array(text.utf8)
    return try await contents().filter { _, bytes in
      bytes.indices.contains { bytes[$0] == needle[0] && bytes[$0...].starts(with: needle) }
    }.keys.sorted()
  }
}

extension LedgerFixture {
  static let day = UTCDay("2026-10-20")!
  static func time(_ day: UTCDay, hour: Int64) -> Timestamp {
    Timestamp(seconds: day.start.microseconds / 1_000_000 + hour * 3600)
  }

  /// Records a purchase and a paid job: three entries and a usage event on that day.
  func work(_ number: Int, on day: UTCDay, hour: Int64 = 12, creator: String = "creator") async throws {
    let time = LedgerFixture.time(day, hour: hour)
    let grant = LedgerCall(
      .transfer([LedgerLeg(to: creator, Credits(micro: 5_000_000), for: "grant")], job: ""),
      on: "stripe_clearing", key: "grant-\(number)")
    let hold = LedgerCall(
      .hold(Credits(micro: 3_000_001), job: "job-\(number)", lifetime: TimeSpan(seconds: 600)), on: creator,
      key: "hold-\(number)")
    let results = try await ledger.execute([grant, hold], at: time)
    let id = try #require(try results[1].get().hold)
    let legs = [("node_owner", Int64(2_000_001)), ("module_developer", 999_999)]
    _ = try await ledger.execute([.capture(id, legs, on: creator, key: "capture-\(number)")], at: time)[0]
      .get()
    try await pool.query(
      """
      INSERT INTO usage_events (attempt, job, module, account, hold, node_account, developer_account, gpu_ms,
        cpu_ms, price_micro, recorded_at, settled_at, outcome)
      SELECT $1, $2, 'upscale', c.id, $3, n.id, d.id, 60000, 1500, 3000000, $4, $4, 'done'
      FROM accounts c, accounts n, accounts d
      WHERE c.name = $5 AND n.name = 'node_owner' AND d.name = 'module_developer'
      """,
      [.text("attempt-\(number)"), .text("job-\(number)"), .int(id), .timestamp(time), .text(creator)])
  }
}
