import ControllerState
import Model
import Postgres
import Reconciling
import ReconcilingSupport
import Testing

/// What the stores promise to replicas that share an environment.
@Suite(.timeLimit(.minutes(1))) struct LeaseContractTests {
  private let now = Timestamp(seconds: 100)
  private let a = ControllerReplica(name: "a", role: "up", host: "here", process: "boot/pid:[1]/7/99")
  private let b = ControllerReplica(name: "b")

  private func fencingTokens(_ replica: ControllerReplica, _ leaseStatus: LeaseStatus) -> FencingTokens {
    FencingTokens(replica: replica.name, tokens: leaseStatus.tokens)
  }

  private func intent(_ name: String, revision: Int64 = 1, pass: String = "p") -> JournalIntent {
    JournalIntent(
      step: StepID(pass: pass, resource: .fake(name), index: 0), revision: revision, action: .create,
      summary: "create it", reason: "not there", risk: .safe, at: now)
  }

  /// Everything that a controller writes, by name.
  private func writes(about name: String, revision: Int64 = 1)
    -> [(name: String, write: (any StateStore) async throws -> Void)]
  {
    let resource = AnyResource.fake(name)
    var changes = StatusChanges(revision: revision)
    changes.applied = [resource]
    var removal = StatusChanges(revision: revision)
    removal.removed = [resource.id]
    let quarantine = Quarantine(digest: resource.digest, revision: 1, reason: "r", actor: "ada", at: now)
    let (intent, time, saved, removed) = (
      intent(name, revision: revision, pass: "late"), now, changes, removal
    )
    return [
      ("claim", { try await $0.claim([resource], in: "dev", revision: revision) }),
      ("disclaim", { try await $0.disclaim([resource.id], in: "dev", revision: revision) }),
      ("intent", { try await $0.append([.intent(intent)], in: "dev") }),
      ("outcome", { try await $0.append([.outcome(self.intent(name).step, .done, at: time)], in: "dev") }),
      ("save", { try await $0.save(saved, in: "dev") }),
      ("remove", { try await $0.save(removed, in: "dev") }),
      ("record", { try await $0.record(.fake(name, 77)) }),
      ("quarantine", { try await $0.quarantine([quarantine], in: "dev") }),
      ("lift", { _ = try await $0.liftQuarantine(of: resource.digest, in: "dev", by: "ada", at: time) }),
      ("promise", { try await $0.setAtomicApply(nil, in: "dev") }),
    ]
  }

  private func refusals(
    _ writes: [(name: String, write: (any StateStore) async throws -> Void)], by store: any StateStore
  ) async throws -> [String: String] {
    var refusals: [String: String] = [:]
    for (name, write) in writes {
      do { try await write(store) } catch let error as StoreError { refusals[name] = error.code.rawValue }
    }
    return refusals
  }

  @Test(arguments: StoreUnderTest.allCases)
  func `replicas join, are told of each other, and leave`(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      #expect(try await store.leases(of: "dev").table.memberships.isEmpty)
      #expect(try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev").holdsAll)
      let second = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
      #expect(second.tokens.isEmpty && second.others == [a], "what a replica says of itself is kept")
      #expect(try await store.recordHeartbeat(ControllerHeartbeat(b), in: "prod").holdsAll, "environments are apart")
      let first = try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")
      let foreign = Set(first.tokens.keys).subtracting(first.assigned)
      #expect(foreign.count == 8)
      _ = try await store.recordHeartbeat(ControllerHeartbeat(a, released: foreign), in: "dev")
      #expect(Set(try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev").tokens.keys) == foreign)
      let (table, time) = try await store.leases(of: "dev")
      #expect(table.orderedMemberships.map(\.replica) == [a, b])
      #expect(table.orderedMemberships.allSatisfy { $0.expiresAt > time && $0.expiresAt <= time + ControllerHeartbeat.span })
      try await store.leave(a, environment: "dev")
      try await store.leave(a, environment: "dev")
      #expect(try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev").holdsAll)
    }
  }

  @Test(arguments: StoreUnderTest.allCases)
  func `whatever comes under an old token is refused and changes nothing`(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let old = store.fenced(by: fencingTokens(a, try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")))
      try await old.record(.fake("x"))
      try await old.claim([.fake("x")], in: "dev", revision: 1)
      try await old.append([.intent(intent("x"))], in: "dev")
      #expect(try await store.closeOpenIntents(in: "dev", at: now) == [], "it may still be at it")

      let leaseStatus = try await store.recordHeartbeat(ControllerHeartbeat(b, isGone: { $0 == a }), in: "dev")
      #expect(leaseStatus.holdsAll && leaseStatus.evicted == [a])
      let all = writes(about: "x")
      let refused = try await refusals(all, by: old)
      #expect(refused.count == all.count && refused.values.allSatisfy { $0 == "lease.lost" }, "\(refused)")

      #expect(try await store.latestRevision(of: "dev")?.number == 1)
      #expect(try await store.inventory(of: "dev", knowing: [])[.fake("x")]?.digest == nil)
      #expect(try await store.journal(of: "dev", id: nil, limit: 9).map(\.outcome) == [nil])
      #expect(try await store.closeOpenIntents(in: "dev", at: now) == [.fake("x")])
      let new = store.fenced(by: fencingTokens(b, leaseStatus))
      #expect(try await refusals(all.filter { $0.name != "remove" }, by: new) == [:])
      #expect(try await store.latestRevision(of: "dev")?.number == 2)
      // Joining again gives the writes of an old pass no new life.
      #expect(try await store.recordHeartbeat(ControllerHeartbeat(a, isGone: { $0 == b }), in: "dev").holdsAll)
      let writing = all.filter { $0.name != "record" }
      #expect(try await refusals(writing, by: old).count == writing.count)
    }
  }

  @Test(arguments: StoreUnderTest.allCases)
  func `nobody writes about a range that he never held, and only the leader records`(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let leaseStatus = try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")
      var tokens = leaseStatus.tokens
      tokens[KeyRange(of: .fake("x"))] = nil
      tokens[.first] = nil
      let narrow = store.fenced(by: FencingTokens(replica: "a", tokens: tokens))
      let all = writes(about: "x")
      #expect(try await refusals(all, by: narrow).count == all.count)
      let other = (0..<100).map { "y\($0)" }.first {
        ![KeyRange.first, KeyRange(of: .fake("x"))].contains(KeyRange(of: .fake($0)))
      }
      let leading = ["record", "quarantine", "lift", "promise"]
      let writable = writes(about: try #require(other)).filter { !leading.contains($0.name) }
      #expect(try await refusals(writable, by: narrow) == [:])
      var changes = StatusChanges(revision: 1)
      changes.events = [
        Event(at: now, id: nil, isWarning: true, reason: "R", message: "m", revision: 1)
      ]
      try await narrow.save(changes, in: "dev")
      #expect(try await store.events(of: "dev", id: nil, limit: 1) == changes.events, "events need no token")
    }
  }

  @Test(arguments: StoreUnderTest.allCases)
  func `nothing is begun for an older revision, and what was begun is written down`(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let fenced = store.fenced(by: fencingTokens(a, try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")))
      try await fenced.record(.fake("x"))
      try await fenced.append([.intent(intent("x"))], in: "dev")
      try await fenced.record(.fake("x", 2))
      let refused = try await refusals(writes(about: "x").filter { $0.name != "record" }, by: fenced)
      #expect(
        refused == [
          "claim": "revision.superseded", "disclaim": "revision.superseded", "intent": "revision.superseded",
        ])
      #expect(try await refusals(writes(about: "x", revision: 2), by: fenced) == [:])
    }
  }

  @Test(arguments: StoreUnderTest.allCases)
  func `others are told of what was written, and of nothing else`(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let fenced = store.fenced(by: fencingTokens(a, try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")))
      let heard = Watched<[String: [StateNotification]]>([:])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (replica, environment) in [(a, "dev"), (b, "dev"), (b, "prod")] {
          group.addTask {
            await store.listen(in: environment, as: replica) { news in
              heard.change { $0["\(replica.name) \(environment)", default: []].append(news) }
            }
          }
        }
        // Until both are heard to listen.
        _ = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
        while heard.value["a dev"] == nil || heard.value["b dev"] == nil {
          try await store.leave(b, environment: "dev")
          _ = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
          try await fenced.save(StatusChanges.touching("w"), in: "dev")
        }
        try await fenced.record(.fake("x"))
        try await fenced.save(StatusChanges.touching("x"), in: "dev")
        var removal = StatusChanges(revision: 1)
        removal.removed = [.fake("y")]
        try await fenced.save(removal, in: "dev")
        await heard.until { heard in
          let news = heard["b dev"] ?? []
          return news.contains(.changed([.fake("x")], removed: []))
            && news.contains(.changed([], removed: [.fake("y")])) && news.contains(.revision)
        }
        group.cancelAll()
      }
      #expect(heard.value["a dev"]?.contains(.revision) != true, "what one writes oneself is no news")
      #expect(heard.value["b prod"]?.allSatisfy { $0 == .missed } ?? true)
    }
  }

  @Test func `heartbeats of many at once: every token has one holder ever`() async throws {
    try await StoreUnderTest.withPostgres { store in
      let owners = Watched<[String: Set<String>]>([:])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask {
            var released: Set<KeyRange> = []
            for round in 0..<12 {
              let replica = ControllerReplica(name: "r\(number)", isExclusive: number == 5)
              let leaseStatus = try await store.recordHeartbeat(ControllerHeartbeat(replica, released: released), in: "dev")
              released = Set(leaseStatus.tokens.keys).subtracting(leaseStatus.assigned)
              for (range, token) in leaseStatus.tokens {
                owners.change { _ = $0["\(range) \(token)", default: []].insert(replica.name) }
              }
              if number == 5 || round == 11 { try await store.leave(replica, environment: "dev") }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(owners.value.values.allSatisfy { $0.count == 1 })
      #expect(try await store.leases(of: "dev").table.leases.allSatisfy { $0.holder == nil })
    }
  }

  @Test func `expiry goes by the clock of the server`() async throws {
    try await StoreUnderTest.withDatabase { store, pool in
      _ = try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")
      _ = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
      try await pool.query("UPDATE replicas SET expires_at = now() - interval '1 ms' WHERE name = 'a'")
      let leaseStatus = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
      #expect(leaseStatus.holdsAll && leaseStatus.evicted == [a])
    }
  }
}

extension StatusChanges {
  fileprivate static func touching(_ name: String) -> StatusChanges {
    var changes = StatusChanges(revision: 1)
    changes.applied = [.fake(name)]
    return changes
  }
}
