import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

/// Two controllers on one PostgreSQL server. Needs no container engine.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LeaseTests {
  private static let mapCount = 40

  private static func maps(_ credits: Int) -> [Manifest] {
    (0..<mapCount).map { Manifest.prices("map-\($0)", ["price_\($0)": credits]) }
  }
  private static let platform = Manifest("Database", "platform", "external: {url: {env: POSTGRES_URL}}")
  /// The maps, the database and the environment.
  private static let all = Int64(mapCount + 2)

  /// The number of steps of a process since a revision.
  private func steps(_ replicas: ControllerReplicas, of pid: pid_t, revision: Int64) async throws -> Int64 {
    try await replicas.number(
      """
      SELECT count(*) FROM journal JOIN acquisitions USING (key_range, token)
      WHERE acquisitions.holder LIKE 'up-' || $1 || '-%' AND journal.revision >= $2
      """, [.text("\(pid)"), .int(revision)])
  }

  /// Records holder and token of every acquired range in a table.
  private func recordAcquisitions(_ replicas: ControllerReplicas) async throws {
    try await replicas.pool.script(
      """
      CREATE TABLE acquisitions AS SELECT key_range, token, holder FROM leases WHERE holder IS NOT NULL;
      CREATE FUNCTION record_acquisition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO acquisitions VALUES (NEW.key_range, NEW.token, NEW.holder); RETURN NEW; END $$;
      CREATE TRIGGER record_acquisition AFTER INSERT OR UPDATE ON leases
        FOR EACH ROW WHEN (NEW.holder IS NOT NULL) EXECUTE FUNCTION record_acquisition();
      """)
  }

  /// Runs `work` after two controllers have half of the ranges each and every resource is ready.
  private func sharing(
    _ replicas: ControllerReplicas, _ work: (_ first: pid_t, _ second: pid_t) async throws -> Void
  ) async throws -> (first: CommandResult, second: CommandResult) {
    try replicas.write([.environment, Self.platform] + Self.maps(10))
    let first = try await replicas.up("first") { first in
      #expect(try await replicas.eventually(within: 30) { try await replicas.ready(1) == Self.all } != nil)
      return try await replicas.up("second") { second in
        let shared = try await replicas.eventually(within: 15) {
          let shares = (try await replicas.share(first), try await replicas.share(second))
          return shares == (8, 8)
        }
        print("two controllers share the ranges after \(shared.map { "\($0)" } ?? "never")")
        try #require(shared != nil)
        try await recordAcquisitions(replicas)
        try await work(first, second)
      }.outcome
    }
    return (first.outcome, first.output)
  }

  /// The number of pairs of steps on one resource that ran at the same time.
  private func overlaps(_ replicas: ControllerReplicas) async throws -> Int64 {
    try await replicas.number(
      """
      SELECT count(*) FROM journal one JOIN journal other USING (environment, resource)
      WHERE one.sequence < other.sequence AND other.intent_at < one.outcome_at
      """)
  }

  @Test("Two controllers share the work; the second takes over after a kill")
  func takeover() async throws {
    try await ControllerReplicas.with { replicas in
      let (one, other) = try await sharing(replicas) { first, second in
        try replicas.write(Self.maps(20))
        // The writes of the files may result in more than one revision.
        var (mine, others): (Int64, Int64) = (0, 0)
        _ = try await replicas.eventually(within: 20) {
          mine = try await steps(replicas, of: first, revision: 2)
          others = try await steps(replicas, of: second, revision: 2)
          return mine + others >= Int64(Self.mapCount)
        }
        let ready = try await replicas.eventually(within: 20) { try await replicas.ready(2) == Self.all }
        #expect(ready != nil)
        print("steps of the change: \(mine) and \(others)")
        #expect(mine + others == Int64(Self.mapCount) && mine > 8 && others > 8)

        let leases = try await replicas.run("leases", "-o", "json")
        #expect(leases.exitCode == 0, "\(leases)")
        #expect(try leases.json()["replicas"]?.elements.count == 2)

        kill(first, SIGKILL)
        let taken = try await replicas.eventually(within: 10) { try await replicas.share(second) == 16 }
        print("killed controller replaced after \(taken.map { "\($0)" } ?? "never")")
        try #require(taken != nil)
        try replicas.write(Self.maps(30))
        #expect(
          try await replicas.eventually(within: 20) { try await replicas.ready(3) == Self.all } != nil)
      }
      #expect(one.exitCode == -SIGKILL && other.exitCode == 0, "\(one) \(other)")
      #expect(try await overlaps(replicas) == 0)
      #expect(try await replicas.number("SELECT count(*) FROM journal WHERE outcome IS NULL") == 0)
      #expect(
        try await replicas.number("SELECT count(*) FROM replicas") == 0, "the replica did not deregister")
    }
  }

  @Test("A suspended controller loses its ranges, its late writes are refused, and it rejoins")
  func suspension() async throws {
    try await ControllerReplicas.with { replicas in
      let (one, other) = try await sharing(replicas) { first, second in
        // The first controller is suspended while both run steps.
        let prices = PostgresPool(try replicas.platform())
        try await prices.transaction { transaction throws(PostgresError) in
          try await transaction.query("LOCK TABLE price_map_entries IN EXCLUSIVE MODE")
          do {
            try replicas.write(Self.maps(20))
            let isBusy = try await replicas.eventually(within: 10) {
              let busy = try await replicas.number(
                """
                SELECT count(DISTINCT holder) FROM journal JOIN acquisitions USING (key_range, token)
                WHERE outcome IS NULL
                """)
              return busy == 2
            }
            #expect(isBusy != nil)
          } catch { Issue.record(error) }
          kill(first, SIGSTOP)
        }
        await prices.close()
        let taken = try await replicas.eventually(within: 15) { try await replicas.share(second) == 16 }
        print("the ranges of a stopped controller are taken over after \(taken.map { "\($0)" } ?? "never")")
        #expect(try #require(taken) < .seconds(10))
        #expect(
          try await replicas.eventually(within: 20) { try await replicas.ready(2) == Self.all } != nil)
        let interrupted = try await replicas.number(
          "SELECT count(*) FROM journal WHERE outcome = 'interrupted'")
        #expect(interrupted > 0, "steps of the suspended controller are not recorded as interrupted")

        kill(first, SIGCONT)
        // Whether it attempts a write depends on whether its step or its heartbeat ends first;
        // LeaseContractTests covers every write with an old token.
        let refused = try await replicas.eventually(within: 10) {
          try await replicas.number(
            "SELECT count(DISTINCT reason) FROM events WHERE reason IN ('LeaseLost', 'LeaseTaken')") == 2
        }
        let events = try await replicas.run("events")
        #expect(refused != nil, "\(events)")
        #expect(
          try await replicas.number("SELECT count(*) FROM journal WHERE outcome = 'interrupted'")
            == interrupted,
          "a late write changed an outcome")
        let back = try await replicas.eventually(within: 15) { try await replicas.share(first) == 8 }
        print("the resumed controller has its share again after \(back.map { "\($0)" } ?? "never")")
        #expect(back != nil)
        try replicas.write(Self.maps(30))
        #expect(
          try await replicas.eventually(within: 20) { try await replicas.ready(3) == Self.all } != nil)
        #expect(try await steps(replicas, of: first, revision: 3) > 8)
      }
      #expect(one.exitCode == 0 && other.exitCode == 0, "\(one) \(other)")
      #expect(try await overlaps(replicas) == 0)
      #expect(try await replicas.number("SELECT count(*) FROM journal WHERE outcome IS NULL") == 0)
    }
  }

  @Test("A command has exclusive access; controllers continue afterwards")
  func exclusiveCommand() async throws {
    try await ControllerReplicas.with { replicas in
      let (one, other) = try await sharing(replicas) { first, second in
        try replicas.write(Self.maps(20))
        #expect(
          try await replicas.eventually(within: 20) { try await replicas.ready(2) == Self.all } != nil)
        let clock = ContinuousClock()
        let begun = clock.now
        async let left = replicas.run("rollback", "1")
        async let right = replicas.run("rollback", "1")
        let commands = [try await left, try await right]
        print("two commands during two controllers took \(clock.now - begun)")
        #expect(commands.allSatisfy { $0.exitCode == 0 }, "\(commands)")
        #expect(commands.contains { $0.errors.contains("Waiting for") }, "\(commands)")
        #expect(
          try await replicas.number("SELECT count(*) FROM journal WHERE outcome <> 'done' OR outcome IS NULL")
            == 0)
        let shared = try await replicas.eventually(within: 15) {
          let shares = (try await replicas.share(first), try await replicas.share(second))
          return shares == (8, 8)
        }
        #expect(shared != nil, "the controllers did not acquire their ranges again")
        // Drift is corrected towards the revision of the command.
        let prices = PostgresPool(try replicas.platform())
        try await prices.query("DELETE FROM price_map_entries WHERE superseded_at IS NULL")
        let healed = try await replicas.eventually(within: 90) {
          try await prices.query(
            "SELECT count(*) FROM price_map_entries WHERE superseded_at IS NULL AND credits_micro = 10000000"
          ).only().int(0) == Int64(Self.mapCount)
        }
        #expect(healed != nil)
        await prices.close()
      }
      #expect(one.exitCode == 0 && other.exitCode == 0, "\(one) \(other)")
      #expect(try await overlaps(replicas) == 0)
    }
  }
}
