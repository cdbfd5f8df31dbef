import ControllerState
import Model
import Postgres
import Reconciling
import ReconcilingSupport
import Testing

/// The contract of stores with replicas that share an environment.
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

  /// All writes of a controller, by name.
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
      (
        "disclaim",
        { try await $0.disclaim([resource.id], in: "dev", revision: revision, at: Timestamp(seconds: 1)) }
      ),
      ("intent", { try await $0.append([.intent(intent)], in: "dev") }),
      ("outcome", { try await $0.append([.outcome(self.intent(name).step, .done, at: time)], in: "dev") }),
      ("save", { try await $0.save(saved, in: "dev") }),
      ("remove", { try await $0.save(removed, in: "dev") }),
      ("record", { try await $0.record(.fake(name, 77)) }),
      ("quarantine", { try await $0.quarantine([quarantine], in: "dev") }),
      ("lift", { _ = try await $0.liftQuarantine(of: resource.digest, in: "dev", by: "ada", at: time) }),
      ("atomic apply", { try await $0.setAtomicApply(nil, in: "dev") }),
      ("pending removal", { try await $0.setPendingRemovals([], in: "dev") }),
    ]
  }

  private func rejections(
    _ writes: [(name: String, write: (any StateStore) async throws -> Void)], by store: any StateStore
  ) async throws -> [String: String] {
    var rejections: [String: String] = [:]
    for (name, write) in writes {
      do { try await write(store) } catch let error as StoreError { rejections[name] = error.code.rawValue }
    }
    return rejections
  }

  @Test("Replicas join, learn of each other, and leave", arguments: StoreUnderTest.allCases)
  func replicasJoinAndLeave(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      #expect(try await store.leases(of: "dev").table.memberships.isEmpty)
      #expect(try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev").holdsAll)
      let second = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
      #expect(second.tokens.isEmpty && second.others == [a], "the description of a replica is stored")
      #expect(
        try await store.recordHeartbeat(ControllerHeartbeat(b), in: "prod").holdsAll,
        "environments are independent")
      let first = try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")
      let foreign = Set(first.tokens.keys).subtracting(first.assigned)
      #expect(foreign.count == 8)
      _ = try await store.recordHeartbeat(ControllerHeartbeat(a, released: foreign), in: "dev")
      #expect(Set(try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev").tokens.keys) == foreign)
      let (table, time) = try await store.leases(of: "dev")
      #expect(table.orderedMemberships.map(\.replica) == [a, b])
      #expect(
        table.orderedMemberships.allSatisfy {
          $0.expiresAt > time && $0.expiresAt <= time + ControllerHeartbeat.leaseSpan
        })
      try await store.leave(a, environment: "dev")
      try await store.leave(a, environment: "dev")
      #expect(try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev").holdsAll)
    }
  }

  @Test("A write with an outdated token is rejected and changes nothing", arguments: StoreUnderTest.allCases)
  func outdatedTokenIsRejected(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let old = store.fenced(
        by: fencingTokens(a, try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")))
      try await old.record(.fake("x"))
      try await old.claim([.fake("x")], in: "dev", revision: 1)
      try await old.append([.intent(intent("x"))], in: "dev")
      #expect(try await store.closeOpenIntents(in: "dev", at: now) == [], "its step may still be running")

      let leaseStatus = try await store.recordHeartbeat(
        ControllerHeartbeat(b, isGone: { $0 == a }), in: "dev")
      #expect(leaseStatus.holdsAll && leaseStatus.evicted == [a])
      let all = writes(about: "x")
      let rejected = try await rejections(all, by: old)
      #expect(rejected.count == all.count && rejected.values.allSatisfy { $0 == "lease.lost" }, "\(rejected)")

      #expect(try await store.latestRevision(of: "dev")?.number == 1)
      #expect(try await store.inventory(of: "dev", knowing: [])[.fake("x")]?.digest == nil)
      #expect(try await store.journal(of: "dev", id: nil, limit: 9).map(\.outcome) == [nil])
      #expect(try await store.closeOpenIntents(in: "dev", at: now) == [.fake("x")])
      let new = store.fenced(by: fencingTokens(b, leaseStatus))
      #expect(try await rejections(all.filter { $0.name != "remove" }, by: new) == [:])
      #expect(try await store.latestRevision(of: "dev")?.number == 2)
      // After the replica joins again, the writes of its old pass are still rejected.
      #expect(
        try await store.recordHeartbeat(ControllerHeartbeat(a, isGone: { $0 == b }), in: "dev").holdsAll)
      let writing = all.filter { $0.name != "record" }
      #expect(try await rejections(writing, by: old).count == writing.count)
    }
  }

  @Test(
    "A replica cannot write outside of its ranges, and only the leader records revisions",
    arguments: StoreUnderTest.allCases)
  func writesOutsideOfRangesAreRejected(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let leaseStatus = try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")
      var tokens = leaseStatus.tokens
      tokens[KeyRange(of: .fake("x"))] = nil
      tokens[.first] = nil
      let narrow = store.fenced(by: FencingTokens(replica: "a", tokens: tokens))
      let all = writes(about: "x")
      #expect(try await rejections(all, by: narrow).count == all.count)
      let other = (0..<100).map { "y\($0)" }.first {
        ![KeyRange.first, KeyRange(of: .fake("x"))].contains(KeyRange(of: .fake($0)))
      }
      let leading = ["record", "quarantine", "lift", "atomic apply", "pending removal"]
      let writable = writes(about: try #require(other)).filter { !leading.contains($0.name) }
      #expect(try await rejections(writable, by: narrow) == [:])
      var changes = StatusChanges(revision: 1)
      changes.events = [
        Event(at: now, id: nil, isWarning: true, reason: .condition(.kind("R")), message: "m", revision: 1)
      ]
      try await narrow.save(changes, in: "dev")
      #expect(try await store.events(of: "dev", id: nil, limit: 1) == changes.events, "events need no token")
    }
  }

  @Test(
    "Nothing starts for an older revision, and running steps are still recorded",
    arguments: StoreUnderTest.allCases)
  func olderRevisionStartsNothing(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let fenced = store.fenced(
        by: fencingTokens(a, try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")))
      try await fenced.record(.fake("x"))
      try await fenced.append([.intent(intent("x"))], in: "dev")
      try await fenced.record(.fake("x", 2))
      let rejected = try await rejections(writes(about: "x").filter { $0.name != "record" }, by: fenced)
      #expect(
        rejected == [
          "claim": "revision.superseded", "disclaim": "revision.superseded", "intent": "revision.superseded",
        ])
      #expect(try await rejections(writes(about: "x", revision: 2), by: fenced) == [:])
    }
  }

  @Test("Other replicas are notified of writes, and of nothing else", arguments: StoreUnderTest.allCases)
  func replicasAreNotifiedOfWrites(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let fenced = store.fenced(
        by: fencingTokens(a, try await store.recordHeartbeat(ControllerHeartbeat(a), in: "dev")))
      let received = Watched<[String: [StateNotification]]>([:])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (replica, environment) in [(a, "dev"), (b, "dev"), (b, "prod")] {
          group.addTask {
            await store.listen(in: environment, as: replica) { notification in
              received.change { $0["\(replica.name) \(environment)", default: []].append(notification) }
            }
          }
        }
        // Repeats writes until both replicas receive notifications.
        _ = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
        while received.value["a dev"] == nil || received.value["b dev"] == nil {
          try await store.leave(b, environment: "dev")
          _ = try await store.recordHeartbeat(ControllerHeartbeat(b), in: "dev")
          try await fenced.save(StatusChanges.touching("w"), in: "dev")
        }
        try await fenced.record(.fake("x"))
        try await fenced.save(StatusChanges.touching("x"), in: "dev")
        var removal = StatusChanges(revision: 1)
        removal.removed = [.fake("y")]
        try await fenced.save(removal, in: "dev")
        await received.until { received in
          let notifications = received["b dev"] ?? []
          return notifications.contains(.changed([.fake("x")], removed: []))
            && notifications.contains(.changed([], removed: [.fake("y")]))
            && notifications.contains(.revision)
        }
        group.cancelAll()
      }
      #expect(
        received.value["a dev"]?.contains(.revision) != true, "a replica is not notified of its own writes")
      #expect(received.value["b prod"]?.allSatisfy { $0 == .missed } ?? true)
    }
  }

  @Test("With concurrent heartbeats, every token has one holder")
  func tokensHaveOneHolder() async throws {
    try await StoreUnderTest.withPostgres { store in
      let owners = Watched<[String: Set<String>]>([:])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask {
            var released: Set<KeyRange> = []
            for round in 0..<12 {
              let replica = ControllerReplica(name: "r\(number)", isExclusive: number == 5)
              let leaseStatus = try await store.recordHeartbeat(
                ControllerHeartbeat(replica, released: released), in: "dev")
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

  @Test("Leases expire by the server's clock")
  func leasesExpireByTheServerClock() async throws {
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
