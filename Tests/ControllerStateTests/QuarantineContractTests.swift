import Model
import Reconciling
import Testing

@Suite(.timeLimit(.minutes(1))) struct QuarantineContractTests {
  private let bad = Digest(of: "bad")
  private let worse = Digest(of: "worse")

  private func entry(_ digest: Digest, _ revision: Int64, at seconds: Int64 = 10) -> Quarantine {
    Quarantine(
      digest: digest, revision: revision, reason: "rolled back to 1", actor: "ada",
      at: Timestamp(seconds: seconds))
  }

  @Test("A quarantine lasts until it is lifted, and can be repeated", arguments: StoreUnderTest.allCases)
  func quarantineLastsUntilLifted(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let time = Timestamp(seconds: 20)
      #expect(try await store.quarantines(of: "dev") == [])
      try await store.quarantine([entry(bad, 2), entry(worse, 3)], in: "dev")
      try await store.quarantine([entry(bad, 7, at: 11)], in: "dev")
      #expect(
        try await store.quarantines(of: "dev") == [entry(worse, 3), entry(bad, 2)],
        "newest first; what is in force stays as it is")
      #expect(try await store.quarantines(of: "prod") == [])
      #expect(try await store.liftQuarantine(of: bad, in: "prod", by: "bob", at: time) == nil)
      #expect(try await store.liftQuarantine(of: bad, in: "dev", by: "bob", at: time) == entry(bad, 2))
      #expect(try await store.liftQuarantine(of: bad, in: "dev", by: "bob", at: time) == nil)
      #expect(try await store.quarantines(of: "dev") == [entry(worse, 3)])
      try await store.quarantine([entry(bad, 8)], in: "dev")
      #expect(try await store.quarantines(of: "dev").map(\.revision) == [8, 3])
    }
  }

  @Test("An environment has one atomic apply, which is renewed or ended", arguments: StoreUnderTest.allCases)
  func environmentHasOneAtomicApply(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      var apply = AtomicApply(
        digest: bad, rollbackRevision: 0, actor: "ada", expiresAt: Timestamp(seconds: 30))
      #expect(try await store.atomicApply(of: "dev") == nil)
      try await store.setAtomicApply(apply, in: "dev")
      apply.expiresAt = Timestamp(seconds: 60)
      try await store.setAtomicApply(apply, in: "dev")
      #expect(try await store.atomicApply(of: "dev") == apply)
      #expect(try await store.atomicApply(of: "prod") == nil)
      let other = AtomicApply(
        digest: worse, rollbackRevision: 4, actor: "bob", expiresAt: Timestamp(seconds: 9))
      try await store.setAtomicApply(other, in: "dev")
      #expect(try await store.atomicApply(of: "dev") == other)
      try await store.setAtomicApply(nil, in: "dev")
      try await store.setAtomicApply(nil, in: "dev")
      #expect(try await store.atomicApply(of: "dev") == nil)
    }
  }
}
