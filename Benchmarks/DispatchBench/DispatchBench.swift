/// Measures dispatching on a private PostgreSQL that is as durable as the platform's own, without a gateway:
///
///     bench-dispatch [SECONDS] [FINISHED]
///
/// 1. Orders by 64 clients, one after the other each: how many get a place in a second, p50, p95 and p99 of one.
/// 2. The same with FINISHED jobs in the tables already.
import FoundationEssentials
import Glibc
import Ledger
import Model
import Postgres
import Scheduling
import SchedulingSupport

@main
enum DispatchBench {
  static let clients = 64
  static let creators = 100

  static func main() async throws {
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let seconds = numbers.first ?? 10
    let finished = numbers.count > 1 ? numbers[1] : 1_000_000
    let folder = "/tmp/rt-dispatch-bench.\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    chmod(folder, 0o755)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = PostgresServer(stateFolder: folder)
    try await server.start()
    do {
      _ = try await server.createDatabase("jobs")
      let pool = PostgresPool(try await server.configuration(database: "jobs"), connections: 8)
      try await measure(pool, seconds, finished)
      await pool.close()
    } catch {
      _ = try? await server.stop()
      throw error
    }
    _ = try await server.stop()
  }

  private static func measure(_ pool: PostgresPool, _ seconds: Int, _ finished: Int) async throws {
    let world = try await SchedulingWorld(pool)
    try await world.credit((0..<creators).map { "c\($0)" }, 10_000_000)
    try await world.addModule("echo")
    try await world.addNodes(50, slots: 1_000_000, cores: 1_000_000)
    let service = JobService(
      pool, now: { Timestamp(microseconds: microseconds()) }, random: { .random(in: .min ... .max) })
    try await service.refresh()
    let bare = try await orders(service, seconds)
    print(line("\(clients) clients", bare, seconds))
    guard finished > 0 else { return }
    try await fill(pool, finished)
    let full = try await orders(service, seconds)
    print(line("\(clients) clients, \(finished) finished jobs in the tables", full, seconds))
    print("ratio: \(Double(full.count * 1000 / max(bare.count, 1)) / 1000)")
  }

  private static func line(_ title: String, _ times: [Double], _ seconds: Int) -> String {
    func at(_ share: Int) -> Double {
      times.isEmpty ? 0 : (times[(times.count - 1) * share / 100] * 100).rounded() / 100
    }
    return
      "\(title): \(times.count / seconds) dispatched jobs/s, p50 \(at(50)) ms, p95 \(at(95)) ms, p99 \(at(99)) ms"
  }

  /// Milliseconds of each order, sorted.
  private static func orders(_ service: JobService, _ seconds: Int) async throws -> [Double] {
    let end = ContinuousClock.now + .seconds(seconds)
    return try await withThrowingTaskGroup(of: [Double].self) { group in
      for client in 0..<clients {
        group.addTask {
          var times: [Double] = []
          var number = client
          while ContinuousClock.now < end {
            number += clients
            let began = ContinuousClock.now
            let job = try await service.submit(
              JobOrder(
                creator: "c\(number % creators)", module: "echo", input: .object(["text": .string("hi")])))
            guard job.state == .dispatched else { fatalError("job \(job.id) is \(job.state)") }
            times.append((ContinuousClock.now - began) / .milliseconds(1))
          }
          return times
        }
      }
      var times: [Double] = []
      for try await part in group { times += part }
      return times.sorted()
    }
  }

  /// Jobs that are over, as many as asked for, with their attempts, holds and calls.
  private static func fill(_ pool: PostgresPool, _ count: Int) async throws {
    try await pool.script(
      """
      INSERT INTO holds (id, account, amount_micro, captured_micro, state, job, rules, opened_at, expires_at, closed_at)
      SELECT nextval('hold_ids'), a.id, 100000, 100000, 'captured', 'old' || i, 1, now(), now() + interval '1 day', now()
      FROM generate_series(1, \(count)) i JOIN accounts a ON a.name = 'c' || (i % 100);
      INSERT INTO ledger_calls (account, key, digest, outcome, hold, recorded_at)
      SELECT a.id, sha256(convert_to('old' || i, 'UTF8')), sha256('x'), 'done', i, now()
      FROM generate_series(1, \(count)) i JOIN accounts a ON a.name = 'c' || (i % 100);
      INSERT INTO jobs (id, account, request, module, image, developer, input, units, unit_price_micro, hold, held_micro,
        priority, state, attempts, submitted_at, deadline_at, finished_at, output, cost_micro)
      SELECT '0' || lpad(to_hex(i), 15, '0'), a.id, '', 'echo', repeat('ab', 32), 'dev', '{"text":"hi"}', 1, 100000, i,
        100000, 5, 'succeeded', 1, now() - interval '1 day', now(), now(), '{"text":"hi"}', 100000
      FROM generate_series(1, \(count)) i JOIN accounts a ON a.name = 'c' || (i % 100);
      INSERT INTO job_attempts (job, number, node, gpu_memory, cores, state, dispatched_at, started_at, ended_at, lease_until,
        stop_at)
      SELECT '0' || lpad(to_hex(i), 15, '0'), 1, 1 + i % 50, 0, 0, 'succeeded', now(), now(), now(), now(), now()
      FROM generate_series(1, \(count)) i;
      """)
    try await pool.query("VACUUM ANALYZE")
    try await pool.query("CHECKPOINT")
  }

  private static func microseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
