import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

/// Two processes on one PostgreSQL. Needs no engine.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LeaseTests {
  private static let mapCount = 40

  private static func maps(_ credits: Int) -> [Document] {
    (0..<mapCount).map { Document.prices("map-\($0)", ["price_\($0)": credits]) }
  }
  private static let platform = Document("Database", "platform", "external: {url: {env: POSTGRES_URL}}")
  /// With the database and the environment.
  private static let all = Int64(mapCount + 2)

  /// Steps of a revision by process, of those who are named so.
  private func steps(_ replicas: Replicas, of pid: pid_t, revision: Int64) async throws -> Int64 {
    try await replicas.number(
      """
      SELECT count(*) FROM journal JOIN takes ON takes.key_range = journal.key_range AND takes.token = journal.token
      WHERE takes.holder LIKE 'up-' || $1 || '-%' AND journal.revision >= $2
      """, [.text("\(pid)"), .int(revision)])
  }

  /// Keeps in a table who had which range under which token.
  private func noteTakes(_ replicas: Replicas) async throws {
    try await replicas.pool.script(
      """
      CREATE TABLE takes AS SELECT key_range, token, holder FROM leases WHERE holder IS NOT NULL;
      CREATE FUNCTION note_take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO takes VALUES (NEW.key_range, NEW.token, NEW.holder); RETURN NEW; END $$;
      CREATE TRIGGER note_take AFTER INSERT OR UPDATE ON leases FOR EACH ROW WHEN (NEW.holder IS NOT NULL)
        EXECUTE FUNCTION note_take();
      """)
  }

  /// Runs two controllers until both have half of the ranges and everything is ready.
  private func sharing(
    _ replicas: Replicas, _ work: (_ first: pid_t, _ second: pid_t) async throws -> Void
  ) async throws -> (first: Outcome, second: Outcome) {
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
        try await noteTakes(replicas)
        try await work(first, second)
      }.outcome
    }
    return (first.outcome, first.output)
  }

  /// Whether a resource was ever worked on while another step on it had no outcome yet.
  private func overlaps(_ replicas: Replicas) async throws -> Int64 {
    try await replicas.number(
      """
      SELECT count(*) FROM journal one JOIN journal other USING (environment, resource)
      WHERE one.sequence < other.sequence AND other.intent_at < one.outcome_at
      """)
  }

  @Test func `two share the work; one ends, the other goes on with all of it`() async throws {
    try await Replicas.with { replicas in
      let (one, other) = try await sharing(replicas) { first, second in
        try replicas.write(Self.maps(20))
        // Files that are written one after the other may come as more than one revision.
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
        print(
          "the ranges of a killed controller of this machine are taken over after \(taken.map { "\($0)" } ?? "never")"
        )
        try #require(taken != nil)
        try replicas.write(Self.maps(30))
        #expect(
          try await replicas.eventually(within: 20) { try await replicas.ready(3) == Self.all } != nil)
      }
      #expect(one.exitCode == -SIGKILL && other.exitCode == 0, "\(one) \(other)")
      #expect(try await overlaps(replicas) == 0)
      #expect(try await replicas.number("SELECT count(*) FROM journal WHERE outcome IS NULL") == 0)
      #expect(try await replicas.number("SELECT count(*) FROM replicas") == 0, "it left")
    }
  }

  @Test func `one that is stopped too long is replaced, its late writes are refused, and it joins again`()
    async throws
  {
    try await Replicas.with { replicas in
      let (one, other) = try await sharing(replicas) { first, second in
        // Both are in the middle of steps when the first is stopped.
        let prices = PostgresPool(try replicas.platform())
        try await prices.transaction { transaction throws(PostgresError) in
          try await transaction.query("LOCK TABLE price_map_entries IN EXCLUSIVE MODE")
          do {
            try replicas.write(Self.maps(20))
            let isBusy = try await replicas.eventually(within: 10) {
              let busy = try await replicas.number(
                "SELECT count(DISTINCT holder) FROM journal JOIN takes USING (key_range, token) WHERE outcome IS NULL"
              )
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
        #expect(interrupted > 0, "what the stopped one had begun counts as interrupted")

        kill(first, SIGCONT)
        let refused = try await replicas.eventually(within: 10) {
          try await replicas.number(
            "SELECT count(DISTINCT reason) FROM events WHERE reason IN ('WriteRejected', 'LeaseLost', 'LeaseTaken')"
          )
            == 3
        }
        let told = try await replicas.run("events")
        #expect(refused != nil, "\(told)")
        #expect(
          try await replicas.number("SELECT count(*) FROM journal WHERE outcome = 'interrupted'")
            == interrupted,
          "what it wrote late changed nothing")
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

  @Test func `a command has the environment to itself, and controllers go on from what it left`() async throws
  {
    try await Replicas.with { replicas in
      let (one, other) = try await sharing(replicas) { first, second in
        try replicas.write(Self.maps(20))
        #expect(
          try await replicas.eventually(within: 20) { try await replicas.ready(2) == Self.all } != nil)
        let clock = ContinuousClock()
        let begun = clock.now
        async let left = replicas.run("rollback", "1")
        async let right = replicas.run("rollback", "1")
        let commands = [try await left, try await right]
        print("two commands beside two controllers took \(clock.now - begun)")
        #expect(commands.allSatisfy { $0.exitCode == 0 }, "\(commands)")
        #expect(commands.contains { $0.errors.contains("Waiting until") }, "\(commands)")
        #expect(
          try await replicas.number("SELECT count(*) FROM journal WHERE outcome <> 'done' OR outcome IS NULL")
            == 0)
        let shared = try await replicas.eventually(within: 15) {
          let shares = (try await replicas.share(first), try await replicas.share(second))
          return shares == (8, 8)
        }
        #expect(shared != nil, "they take over again")
        // What drifts now is healed towards the command's revision.
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
