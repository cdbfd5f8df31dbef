import FoundationEssentials
import Glibc
import Ledger
import Model
import ObjectStorage
import Postgres

/// How long a day of the ledger takes to be written as Parquet, and how much memory that needs.
///
/// The entries are made by one statement: their hashes are of the right length and of nothing else.
enum ExportBench {
  static func measure(_ pool: PostgresPool, _ folder: String, rows: Int) async throws {
    let books = LedgerStore(pool)
    try await books.open(["clearing"], as: .stripeClearing)
    try await books.open((0..<1000).map { "creator-\($0)" }, as: .creator)
    try await books.open((0..<500).map { "node-\($0)" }, as: .nodeOwner)
    let clock = ContinuousClock()
    let filling = clock.now
    try await pool.query(generation, [.int(Int64(rows))])
    try await pool.query("ANALYZE")
    try await pool.query("CHECKPOINT")
    print("made \(rows) entries: \(seconds(clock.now - filling)) s")

    guard let day = UTCDay("2026-11-20") else { return }
    let export = DailyExport(pool, to: FolderStore("\(folder)/exports"), scratch: folder)
    let begun = clock.now
    try await export.run(day, now: day.end)
    let took = clock.now - begun
    print("export of \(rows) rows: \(seconds(took)) s, \(peakMegabytes()) MB")
    let again = clock.now
    let report = try await export.verify()
    print("verify of \(report.files) files: \(seconds(clock.now - again)) s, sound: \(report.isSound)")
  }

  private static func seconds(_ duration: Duration) -> Double {
    (duration / .milliseconds(100)).rounded() / 10
  }

  /// The most memory that this process, without the server's, has been resident in.
  private static func peakMegabytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  private static let generation = """
    INSERT INTO ledger_entries (id, debit_account, debit_number, debit_balance_micro, debit_hash, credit_account,
      credit_number, credit_balance_micro, credit_hash, amount_micro, gross_micro, type, job, hold, recorded_at)
    SELECT n, 2 + n % 1000, n, 1000000000 - n, sha256(int8send(n)), 1002 + n % 500, n, n * 400000,
      sha256(int8send(-n)), 400000 + n % 1000, 0, CASE n % 3 WHEN 0 THEN 'payout' WHEN 1 THEN 'share' ELSE 'commission' END,
      'job-' || md5(n::text), n / 3 + 1, timestamptz '2026-11-20' + n * interval '1 day' / ($1::bigint + 1)
    FROM generate_series(1, $1::bigint) n
    """
}
