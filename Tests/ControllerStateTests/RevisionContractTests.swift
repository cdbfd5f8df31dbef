import ControllerState
import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RevisionContractTests {
  @Test("A desired state becomes a revision once", arguments: StoreUnderTest.allCases)
  func desiredStateBecomesARevisionOnce(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      #expect(try await store.latestRevision(of: "dev") == nil)
      #expect(try await store.desiredState(of: "dev", at: 1) == nil)
      let first = try await store.record(.fake("a"), .fake("b"), at: 5)
      #expect(first.number == 1 && first.actor == "tester" && first.commit == "abc")
      #expect(first.createdAt == Timestamp(seconds: 5))
      #expect(try await store.record(.fake("b"), .fake("a"), at: 9) == first, "the order does not matter")
      #expect(try await store.record(.fake("a", 2), .fake("b")).number == 2)
      #expect(try await store.record(.fake("a"), .fake("b")).number == 3, "going back is a new revision")
      #expect(try await store.record(.fake("a"), environment: "prod").number == 1)
      #expect(try await store.revisions(of: "dev", limit: 2).map(\.number) == [3, 2])
      #expect(try await store.latestRevision(of: "dev")?.number == 3)
    }
  }

  @Test("Every revision can be read as it was recorded", arguments: StoreUnderTest.allCases)
  func revisionsAreReadAsRecorded(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let first = try await store.record(.fake("a"), .fake("b", needs: ["a"]))
      try await store.record(.fake("a", 7))
      try await store.record(.fake("a", 7), .fake("b", needs: ["a"]), .fake("c", 3))
      try await store.record(.fake("a", 7, mode: .paused), .fake("b", needs: ["a"]), .fake("c", 3))
      try await store.record()
      #expect(try await store.summary(of: 1) == ["a=1 enforce", "b=1 enforce needs a"])
      #expect(try await store.summary(of: 2) == ["a=7 enforce"], "b was removed")
      #expect(
        try await store.summary(of: 3) == ["a=7 enforce", "b=1 enforce needs a", "c=3 enforce"], "b came back"
      )
      #expect(
        try await store.summary(of: 4) == ["a=7 paused", "b=1 enforce needs a", "c=3 enforce"], "mode only")
      #expect(try await store.summary(of: 5) == [])
      #expect(try await store.summary(of: 6) == nil)
      #expect(try await store.desiredState(of: "dev", at: 1)?.digest == first.manifestDigest)
    }
  }

  @Test("A process notices the revisions that other processes recorded")
  func processNoticesRevisionsOfOthers() async throws {
    try await StoreUnderTest.withDatabase { store, pool in
      let other = PostgresStateStore(pool: pool, revive: { _, value in FakeSpec(value) })
      try await store.record(.fake("a"), .fake("b"))
      try await other.record(.fake("a", 2), .fake("c"))
      try await store.record(.fake("a", 2), .fake("b"))
      try await store.record(.fake("a", 3), .fake("b"))
      try await other.record(.fake("b"))
      #expect(try await store.summary(of: 3) == ["a=2 enforce", "b=1 enforce"])
      #expect(try await store.summary(of: 4) == ["a=3 enforce", "b=1 enforce"])
      #expect(try await store.summary(of: 5) == ["b=1 enforce"])
    }
  }

  @Test("Processes that record at the same time get one revision each, without gaps")
  func concurrentRevisionsHaveNoGaps() async throws {
    try await StoreUnderTest.withPostgres { store in
      let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
        for number in 1...2 { group.addTask { try await store.record(.fake("a", number)).number } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(numbers.sorted() == [1, 2])
      #expect(
        Set([try await store.summary(of: 1), try await store.summary(of: 2)]) == [
          ["a=1 enforce"], ["a=2 enforce"],
        ])
    }
  }
}
