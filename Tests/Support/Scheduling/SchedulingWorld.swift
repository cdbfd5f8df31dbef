internal import JobStore
package import Ledger
package import Model
package import Placement
package import Postgres

/// A database with a ledger, the settings of a scheduler, nodes, modules and accounts that can pay, as the
/// kinds create it from manifests.
package struct SchedulingWorld: Sendable {
  package let pool: PostgresPool
  package let ledger: LedgerStore

  package static let image = String(repeating: "ab", count: 32)

  /// Creates the tables and the ledger. Its rules: 0.4 credits for a GPU minute, 0.1 for a CPU minute, 85 %
  /// for developers.
  package init(_ pool: PostgresPool) async throws {
    self.pool = pool
    ledger = LedgerStore(pool)
    for migration in Ledger.migrations + JobStore.migrations { try await pool.script(migration.sql) }
    try await ledger.installTriggersIfMissing()
    try await ledger.open(["platform"], as: .platform)
    try await ledger.open([LedgerStore.clearingAccount], as: .stripeClearing)
    try await ledger.open(["dev"], as: .moduleDeveloper)
    try await ledger.recordNext(
      LedgerRules(
        version: 1, platform: "platform", gpuMinute: Credits(micro: 400_000),
        cpuMinute: Credits(micro: 100_000),
        tiers: [LedgerRules.Tier(until: nil, partsPerMillion: 850_000)]), effective: nil)
    try await set(SchedulerSettings())
  }

  package func set(_ settings: SchedulerSettings) async throws {
    try await pool.query(
      """
      INSERT INTO schedulers (name, settings) VALUES ('global', $1)
      ON CONFLICT (name) DO UPDATE SET settings = excluded.settings
      """, [.json(settings.value)])
  }

  /// Opens accounts of creators and grants them credits.
  package func credit(_ names: [String], _ credits: Int64) async throws {
    try await ledger.open(names, as: .creator)
    let legs = names.map { LedgerLeg(to: $0, Credits(micro: credits * 1_000_000), for: "grant") }
    let key = Digest(of: names.joined(separator: ",")).hex
    let call = LedgerCall(.transfer(legs, job: ""), on: LedgerStore.clearingAccount, key: "grant/\(key)")
    _ = try await ledger.execute([call])[0].get()
  }

  /// Adds the nodes `n1`, `n2` …, whose owners have accounts of the same names.
  /// - Parameter isOnline: whether they have sent a heartbeat.
  package func addNodes(
    _ count: Int, from first: Int = 1, slots: Int = 4, cores: Int64 = 4000, gpus: Int = 1,
    gpuMemory: Int64 = 12 << 30, isOverflow: Bool = false, isOnline: Bool = true
  ) async throws {
    let names = (first..<first + count).map { "n\($0)" }
    try await ledger.open(names, as: .nodeOwner)
    try await pool.query(
      """
      INSERT INTO scheduler_nodes (name, owner, gpu_memory, gpu_used, cores, slots, memory, is_overflow)
      SELECT u, u, $2, array_fill(0::bigint, ARRAY[$3::int]), $4, $5::int, 64::bigint << 30, $6
      FROM unnest($1::text[]) u
      """,
      [
        .textArray(names), .int(gpuMemory), .int(Int64(gpus)), .int(cores), .int(Int64(slots)),
        .bool(isOverflow),
      ])
    guard isOnline else { return }
    try await pool.query(
      """
      INSERT INTO scheduler_heartbeats (node, heard_at, images)
      SELECT id, now(), ARRAY[$2::text] FROM scheduler_nodes WHERE name = ANY ($1::text[])
      """, [.textArray(names), .text(SchedulingWorld.image)])
  }

  package func addModule(
    _ name: String, credits: Credits? = Credits(micro: 100_000), gpuMemory: Int64 = 0, cores: Int64 = 0
  ) async throws {
    try await pool.query(
      """
      INSERT INTO scheduler_modules (name, job_type, image, developer, gpu_memory, cores, price_micro)
      VALUES ($1, $1, $2, 'dev', $3, $4, $5)
      """,
      [
        .text(name), .text(SchedulingWorld.image), .int(gpuMemory), .int(cores),
        .optional(credits) { .int($0.micro) },
      ])
  }

  /// The only value of a query with one row and one column.
  package func count(_ sql: String) async throws -> Int64 {
    try await pool.query("SELECT (\(sql))::bigint AS value").only().int("value")
  }
}
