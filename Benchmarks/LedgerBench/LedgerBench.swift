/// Measures the ledger on a private PostgreSQL with the platform's durability settings:
///
///     bench-ledger [SECONDS] [ENTRIES]
///     bench-ledger export [ROWS]
///
/// 1. Jobs per second by group commit: 64 clients, each of which holds credits for a job and captures them to
///    a node, a developer and the platform, one call after the other.
/// 2. The same by pgbench with one transaction per job, 64 clients, on the same tables and server.
/// 3. The latency of a single hold at 64 clients: p50 and p99.
/// 4. Verification of ENTRIES entries.
///
/// `export` measures only the export of a day of ROWS entries to a folder: `ExportBench`.
import Concurrency
import FoundationEssentials
import Glibc
import Ledger
import Model
import Postgres
import Subprocess
import Synchronization

@main
enum LedgerBench {
  static let clients = 64
  static let creators = 100

  static func main() async throws {
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let seconds = numbers.first ?? 10
    let entries = numbers.count > 1 ? numbers[1] : 1_000_000
    let folder = "/tmp/rt-ledger-bench.\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    chmod(folder, 0o755)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = PostgresServer(stateFolder: folder)
    try await server.start()
    do {
      if CommandLine.arguments.dropFirst().first == "export" {
        try await with("export", server) { pool in
          try await ExportBench.measure(pool, folder, rows: numbers.first ?? 5_000_000)
        }
      } else {
        try await measure(server, folder, seconds, entries)
      }
    } catch {
      _ = try? await server.stop()
      throw error
    }
    _ = try await server.stop()
  }

  /// Runs `body` with a new database and an empty ledger.
  private static func with<Output>(
    _ database: String, _ server: PostgresServer, _ body: (PostgresPool) async throws -> Output
  ) async throws -> Output {
    _ = try await server.createDatabase(database)
    let pool = PostgresPool(try await server.configuration(database: database), connections: 8)
    for migration in Ledger.migrations { try await pool.script(migration.sql) }
    try await LedgerStore(pool).installTriggers()
    let output = try await body(pool)
    await pool.close()
    return output
  }

  private static func measure(
    _ server: PostgresServer, _ folder: String, _ seconds: Int, _ entries: Int
  ) async throws {
    let socket = await server.socketFolder ?? ""
    let baseline = try await with("baseline", server) { pool in
      try await fill(LedgerStore(pool))
      return try await pgbench(socket, "baseline", folder, seconds)
    }
    print("pgbench, a transaction per job, \(clients) clients: \(rounded(baseline)) jobs/s")
    try await with("ledger", server) { pool in
      let ledger = LedgerStore(pool)
      try await fill(ledger)
      let rate = try await jobs(ledger, seconds)
      print("group commit, \(clients) clients: \(rate) jobs/s, \(rounded(Double(rate) / baseline)) times")
      let times = try await holds(ledger, seconds)
      print(
        "a hold at \(clients) clients: p50 \(rounded(times[times.count / 2])) ms, "
          + "p99 \(rounded(times[times.count * 99 / 100])) ms, \(times.count) holds")
      try await grow(ledger, to: entries)
      try await balances(ledger)
      let begun = ContinuousClock.now
      let report = try await LedgerProof(pool).verify()
      print(
        "verify \(report.entries) entries: \(rounded((ContinuousClock.now - begun) / .seconds(1))) s, "
          + "sound: \(report.isSound)")
    }
  }

  private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

  /// Measures the read of a balance, which must not depend on the number of entries.
  private static func balances(_ ledger: LedgerStore) async throws {
    try await ledger.open(["newcomer"], as: .creator)
    let longest = try await ledger.accounts().max { $0.entries < $1.entries }
    for name in [longest?.name ?? "", "newcomer"] {
      let begun = ContinuousClock.now
      for _ in 0..<1000 { _ = try await ledger.account(name) }
      let took = (ContinuousClock.now - begun) / .milliseconds(1)
      let count = try await ledger.account(name)?.entries ?? 0
      print("a balance of \(count) entries: \(rounded(took)) µs")
    }
  }

  private static func fill(_ ledger: LedgerStore) async throws {
    try await ledger.open(["clearing"], as: .stripeClearing)
    try await ledger.open(["platform"], as: .platform)
    try await ledger.open((0..<50).map { "node-\($0)" }, as: .nodeOwner)
    try await ledger.open((0..<10).map { "dev-\($0)" }, as: .moduleDeveloper)
    let names = (0..<creators).map { "creator-\($0)" }
    try await ledger.open(names, as: .creator)
    try await ledger.record(rules, effective: Timestamp(seconds: 0))
    let grants = names.map { name in
      LedgerCall(
        .transfer([LedgerLeg(to: name, Credits.maxTransfer, for: "grant")], job: ""), on: "clearing",
        key: name)
    }
    for result in try await ledger.execute(grants) { _ = try result.get() }
  }

  static let rules = LedgerRules(
    version: 1, platform: "platform", gpuMinute: Credits(micro: 400_000), cpuMinute: Credits(micro: 100_000),
    tiers: [
      .init(until: Credits(micro: 10_000_000_000), partsPerMillion: 1_000_000),
      .init(until: nil, partsPerMillion: 850_000),
    ])

  private final class Tally: Sendable {
    let jobs = Atomic(0)
    let times = Mutex<[Double]>([])
  }

  private typealias Committer = GroupCommit<LedgerCall, Result<LedgerReceipt, LedgerError>, PostgresError>

  /// Nearly every batch locks the platform's account, so there is one transaction at a time.
  private static func committer(_ ledger: LedgerStore) -> Committer {
    Committer(size: 256, width: 1) { calls in
      do throws(PostgresError) {
        return .success(try await ledger.execute(calls))
      } catch {
        return .failure(error)
      }
    }
  }

  private static func jobs(_ ledger: LedgerStore, _ seconds: Int) async throws -> Int {
    let (committer, tally, clock) = (committer(ledger), Tally(), ContinuousClock())
    let end = clock.now + .seconds(seconds)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          var number = 0
          while clock.now < end {
            let job = "\(client)-\(number)"
            let creator = "creator-\((client * 31 + number) % creators)"
            let price = Credits(micro: 1_000_000)
            let hold =
              try await committer.commit(
                LedgerCall(
                  .hold(price, job: job, lifetime: TimeSpan(seconds: 600)), on: creator, key: "h\(job)")
              ).get().hold ?? 0
            let legs = rules.legs(
              of: price, usage: .init(gpu: 60_000), payer: creator, node: "node-\(number % 50)",
              developer: "dev-\(number % 10)")
            _ = try await committer.commit(
              LedgerCall(.capture(hold: hold, legs), on: creator, key: "c\(job)")
            ).get()
            tally.jobs.add(1, ordering: .relaxed)
            number += 1
          }
        }
      }
      try await group.waitForAll()
    }
    return tally.jobs.load(ordering: .relaxed) / seconds
  }

  /// The latencies in milliseconds, sorted.
  private static func holds(_ ledger: LedgerStore, _ seconds: Int) async throws -> [Double] {
    let (committer, tally, clock) = (committer(ledger), Tally(), ContinuousClock())
    let end = clock.now + .seconds(seconds)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          var (number, times) = (0, [Double]())
          while clock.now < end {
            let begun = clock.now
            let call = LedgerCall(
              .hold(Credits(micro: 1), job: "s", lifetime: TimeSpan(seconds: 600)),
              on: "creator-\((client * 31 + number) % creators)", key: "s\(client)-\(number)")
            _ = try await committer.commit(call).get()
            times.append((clock.now - begun) / .milliseconds(1))
            number += 1
          }
          tally.times.withLock { $0 += times }
        }
      }
      try await group.waitForAll()
    }
    return tally.times.withLock { $0.sorted() }
  }

  private static func grow(_ ledger: LedgerStore, to entries: Int) async throws {
    var count = 0
    while count < entries {
      let calls = (0..<200).map { number in
        let legs = (0..<5).map {
          LedgerLeg(to: "node-\(($0 + number) % 50)", Credits(micro: 1), for: "payout")
        }
        return LedgerCall(
          .transfer(legs, job: "grow"), on: "creator-\(number % creators)", key: "g\(count)-\(number)")
      }
      for result in try await ledger.execute(calls) { _ = try result.get() }
      count += 1000
    }
  }

  /// The baseline without batches: one transaction per job, which holds and captures.
  private static let script = """
    \\set creator random(0, 99)
    \\set node random(0, 49)
    \\set dev random(0, 9)
    BEGIN;
    UPDATE accounts SET held_micro = held_micro + 1000000 WHERE name = 'creator-' || :creator
      AND balance_micro - held_micro >= 1000000 RETURNING id AS payer \\gset
    INSERT INTO holds (id, account, amount_micro, job, opened_at, expires_at)
      VALUES (nextval('hold_ids'), :payer, 1000000, 'pgbench', now(), now() + interval '10 minutes')
      RETURNING id AS hold \\gset
    INSERT INTO ledger_calls VALUES (:payer, int8send(2 * :hold::bigint), '\\x00', 'done', :hold, now());
    UPDATE holds SET state = 'captured', captured_micro = 1000000, closed_at = now() WHERE id = :hold;
    UPDATE accounts SET held_micro = held_micro - 1000000, balance_micro = balance_micro - 1000000,
      entries = entries + 3 WHERE id = :payer;
    UPDATE accounts SET balance_micro = balance_micro + 400000, entries = entries + 1
      WHERE name = 'node-' || :node RETURNING id AS worker, entries AS n1, balance_micro AS b1 \\gset
    UPDATE accounts SET balance_micro = balance_micro + 510000, entries = entries + 1
      WHERE name = 'dev-' || :dev RETURNING id AS maker, entries AS n2, balance_micro AS b2 \\gset
    UPDATE accounts SET balance_micro = balance_micro + 90000, entries = entries + 1 WHERE name = 'platform'
      RETURNING id AS platform, entries AS n3, balance_micro AS b3 \\gset
    INSERT INTO ledger_entries (id, debit_account, debit_number, debit_balance_micro, debit_hash,
      credit_account, credit_number, credit_balance_micro, credit_hash, amount_micro, type, job, recorded_at)
    SELECT nextval('ledger_entry_ids'), :payer::bigint, 1000000000 + 3 * :hold::bigint + v.index, 0,
      sha256('a'), v.account, 1000000000 + v.number, v.balance, sha256('b'), v.amount, 'payout', 'pgbench',
      now()
    FROM (VALUES (0, :worker::bigint, :n1::bigint, :b1::bigint, 400000), (1, :maker, :n2, :b2, 510000),
      (2, :platform, :n3, :b3, 90000)) v (index, account, number, balance, amount);
    INSERT INTO ledger_calls VALUES (:payer, int8send(2 * :hold::bigint + 1), '\\x00', 'done', :hold, now());
    COMMIT;
    """

  private static func pgbench(_ socket: String, _ database: String, _ folder: String, _ seconds: Int)
    async throws -> Double
  {
    let file = "\(folder)/job.sql"
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    let arguments = [
      "-h", socket, "-U", "postgres", "-n", "-M", "prepared", "-c", String(clients), "-j", "2", "-T",
      String(seconds), "-f",
      file, database,
    ]
    let result = try await run(
      .name("pgbench"), arguments: Arguments(arguments),
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    let lines = result.standardOutput.split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("tps") }),
      let tps = Double(line.split(separator: " ")[2])
    else {
      print(result.standardError.prefix(2000))
      return .nan
    }
    return tps
  }
}
