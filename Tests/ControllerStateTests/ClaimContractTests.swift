import ControllerState
import Model
import Postgres
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClaimContractTests {
  private static let now = Timestamp(seconds: 100)
  private static func database(_ name: String) -> Thing { .database(.embedded(database: name)) }
  private static func port(_ address: HostAddress) -> Thing {
    .hostPort(HostPort(address: address, port: 80), on: .local)
  }

  private static func request(
    _ resource: AnyResource, _ things: Thing..., moves: [Move] = [], mark: String = "dev",
    at time: Int64 = 100
  ) -> ClaimRequest {
    ClaimRequest(
      [resource],
      claims: [
        resource.id: things.map { ThingClaim($0, field: "spec", role: "a", holdsData: true) }
      ], moves: moves, mark: mark, at: Timestamp(seconds: time))
  }

  private func holders(_ store: any StateStore) async throws -> [String] {
    try await store.ownership().holdings.all.map { "\($0.thing.key): \($0.environment) \($0.resource.name)" }
  }

  @Test(
    "Of environments that claim one thing at the same time, one succeeds", arguments: StoreUnderTest.allCases)
  func race(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let environments = (0..<8).map { "e\($0)" }
      let winners: [String] = await withTaskGroup(of: String?.self) { group in
        for environment in environments {
          group.addTask {
            do {
              try await store.claim(
                Self.request(.fake("a"), Self.database("shop"), mark: environment), in: environment,
                revision: 1)
              return environment
            } catch {
              #expect((error as? StoreError)?.qualifiedCode == "ownership.conflict", "\(error)")
              return nil
            }
          }
        }
        return await group.reduce(into: [String]()) { all, one in
          if let one { all.append(one) }
        }
      }
      #expect(winners.count == 1)
      let expected = winners.map { "database embedded shop: \($0) a" }
      let found = try await holders(store)
      #expect(found == expected)
      for environment in environments where !winners.contains(where: { $0 == environment }) {
        let inventory = try await store.inventory(of: environment, knowing: [])
        #expect(inventory.isEmpty, "nothing is recorded")
      }
    }
  }

  @Test("A thing that overlaps one of another environment is a conflict", arguments: StoreUnderTest.allCases)
  func overlap(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      try await store.claim(Self.request(.fake("a"), Self.port(.any6)), in: "dev", revision: 1)
      await #expect(throws: StoreError.self) {
        try await store.claim(
          Self.request(.fake("b"), Self.port(.loopback4), mark: "stg"), in: "stg", revision: 1)
      }
      try await store.claim(
        Self.request(.fake("b"), .folder(path: "/srv/a"), mark: "stg"), in: "stg", revision: 1)
      await #expect(throws: StoreError.self) {
        try await store.claim(Self.request(.fake("c"), .folder(path: "/srv")), in: "dev", revision: 1)
      }
      #expect(try await holders(store).count == 2)
    }
  }

  @Test(
    "Applied resources release what they no longer claim, removed ones everything",
    arguments: StoreUnderTest.allCases)
  func settling(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let unmarked = Thing.unmarked(.fake("a"))
      try await store.claim(
        Self.request(.fake("a"), Self.database("old"), Self.database("kept"), unmarked), in: "dev",
        revision: 1)
      try await store.claim(
        Self.request(.fake("a"), Self.database("new"), Self.database("kept"), at: 200), in: "dev", revision: 2
      )
      #expect(try await store.ownership().holdings.all.count == 4, "a claim takes nothing away")
      var changes = StatusChanges(revision: 2)
      changes.applied = [.fake("a")]
      changes.claims[.fake("a")] = ["new", "kept"].map {
        ThingClaim(Self.database($0), field: "spec", role: "a", holdsData: true)
      }
      try await store.save(changes, in: "dev")
      let kept = try await store.ownership().holdings.of(.fake("a"), in: "dev")
      #expect(kept.map(\.thing) == [Self.database("kept"), Self.database("new"), unmarked])
      #expect(kept.map(\.since) == [Self.now, Timestamp(seconds: 200), Self.now])
      var removal = StatusChanges(revision: 3)
      removal.removed = [.fake("a")]
      try await store.save(removal, in: "stg")
      #expect(try await holders(store).count == 3, "a resource of another environment has the same name")
      try await store.save(removal, in: "dev")
      #expect(try await holders(store) == [])
      try await store.claim(
        Self.request(.fake("b"), Self.database("kept"), mark: "stg"), in: "stg", revision: 1)
    }
  }

  @Test("A renamed resource gets everything of its former one", arguments: StoreUnderTest.allCases)
  func moving(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      try await store.claim(
        Self.request(.fake("old"), Self.database("x"), Self.database("y")), in: "dev", revision: 1)
      try await store.claim(
        Self.request(
          .fake("new"), Self.database("x"), moves: [Move(from: .fake("old"), to: .fake("new"))], at: 200),
        in: "dev", revision: 2)
      #expect(try await holders(store) == ["database embedded x: dev new", "database embedded y: dev new"])
      #expect(
        try await store.ownership().holdings.all.map(\.since) == [Self.now, Self.now],
        "the data is as old as it was")
    }
  }

  @Test(
    "A replica moves what a resource of another range holds", arguments: StoreUnderTest.allCases)
  func movingAcrossRanges(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let new = (0..<100).map { "n\($0)" }.first { KeyRange(of: .fake($0)) != KeyRange(of: .fake("old")) }
      let name = try #require(new)
      try await store.claim(Self.request(.fake("old"), Self.database("x")), in: "dev", revision: 1)
      let replica = ControllerReplica(name: "a", role: "up")
      let status = try await store.recordHeartbeat(ControllerHeartbeat(replica), in: "dev")
      var tokens = status.tokens
      tokens[KeyRange(of: .fake("old"))] = nil
      let narrow = store.fenced(by: FencingTokens(replica: "a", tokens: tokens))
      try await narrow.claim(
        Self.request(
          .fake(name), Self.database("x"), moves: [Move(from: .fake("old"), to: .fake(name))]), in: "dev",
        revision: 1)
      #expect(try await holders(store) == ["database embedded x: dev \(name)"])
    }
  }

  @Test(
    "The beginning of a removal is remembered until the resource comes back",
    arguments: StoreUnderTest.allCases)
  func leaving(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let request = Self.request(.fake("a"), Self.database("x"))
      try await store.claim(request, in: "dev", revision: 1)
      try await store.disclaim([.fake("a")], in: "stg", revision: 1, at: Timestamp(seconds: 1))
      try await store.disclaim([.fake("a")], in: "dev", revision: 1, at: Timestamp(seconds: 150))
      try await store.disclaim([.fake("a")], in: "dev", revision: 1, at: Timestamp(seconds: 160))
      #expect(try await store.ownership().holdings.all.map(\.leavingSince) == [Timestamp(seconds: 150)])
      try await store.claim(request, in: "dev", revision: 1)
      #expect(try await store.ownership().holdings.all.map(\.leavingSince) == [nil])
    }
  }

  @Test(
    "The mark of an environment is stored with its first claim and does not change",
    arguments: StoreUnderTest.allCases)
  func marks(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      try await store.claim(Self.request(.fake("a")), in: "dev", revision: 1)
      #expect(try await store.ownership().marks == ["dev": "dev"])
      await #expect(throws: StoreError.self) {
        try await store.claim(Self.request(.fake("a"), mark: "other"), in: "dev", revision: 1)
      }
    }
  }

  @Test("A process sees what another one claimed")
  func sharedTables() async throws {
    try await StoreUnderTest.withDatabase { store, pool in
      let other = PostgresStateStore(pool: pool, revive: { _, value in FakeSpec(value) })
      _ = try await store.owner(proposal: "c1")
      #expect(try await store.ownership().holdings.all.isEmpty)
      try await other.claim(Self.request(.fake("a"), Self.database("x")), in: "dev", revision: 1)
      #expect(try await store.ownership().holdings.all.count == 1)
      #expect(try await store.ownership().holdings.all.count == 1, "from memory")
      try await other.disclaim([.fake("b")], in: "dev", revision: 1, at: Self.now)
      let version = "SELECT claims_version FROM controller_identity"
      let before = try await pool.query(version).only().int("claims_version")
      try await other.save(StatusChanges(revision: 1), in: "dev")
      #expect(try await pool.query(version).only().int("claims_version") == before, "no claim was changed")
      try await other.disclaim([.fake("a")], in: "dev", revision: 1, at: Self.now)
      #expect(try await store.ownership().holdings.all.first?.leavingSince == Self.now)
      try await pool.query("UPDATE claims SET key = 'planet mars'")
      try await pool.query("UPDATE controller_identity SET claims_version = claims_version + 1")
      await #expect(throws: StoreError.self) { try await store.ownership() }
    }
  }
}
