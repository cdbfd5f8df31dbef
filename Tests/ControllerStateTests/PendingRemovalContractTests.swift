import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PendingRemovalContractTests {
  private func removal(_ name: String, due: Int64, losesData: Bool = true) -> PendingRemoval {
    PendingRemoval(
      id: .fake(name), digest: Digest(of: name), losesData: losesData, since: Timestamp(seconds: 10),
      dueAt: Timestamp(seconds: due))
  }

  @Test(
    "An environment has pending removals, which are replaced, ended, and ended by manifests as they are",
    arguments: StoreUnderTest.allCases)
  func pendingRemovals(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      #expect(try await store.pendingRemovals(of: "dev") == [])
      let both = [removal("a", due: 40), removal("b", due: 12, losesData: false)]
      try await store.setPendingRemovals(both.reversed(), in: "dev")
      #expect(try await store.pendingRemovals(of: "dev") == both)
      #expect(try await store.pendingRemovals(of: "prod") == [])
      try await store.setPendingRemovals([removal("b", due: 12)], in: "dev")
      #expect(try await store.pendingRemovals(of: "dev") == [removal("b", due: 12)])
      try await store.setPendingRemovals([], in: "dev")
      try await store.setPendingRemovals([], in: "dev")
      #expect(try await store.pendingRemovals(of: "dev") == [])
      try await store.setPendingRemovals([removal("a", due: 40)], in: "dev")
      let interim = try await store.record(
        .of(.fake("a", 2)), for: Digest(of: "without a"), by: Simulation.authorship,
        at: Timestamp(seconds: 20))
      #expect(interim.interimFor == Digest(of: "without a"))
      #expect(try await store.pendingRemovals(of: "dev") == [removal("a", due: 40)])
      _ = try await store.record(
        .of(.fake("b", 2)), by: Simulation.authorship, at: Timestamp(seconds: 21))
      #expect(try await store.pendingRemovals(of: "dev") == [])
    }
  }

  @Test(
    "An interim revision becomes an ordinary one when the manifests are the same",
    arguments: StoreUnderTest.allCases)
  func interim(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let (manifests, time) = (Digest(of: "manifests"), Timestamp(seconds: 20))
      func record(_ number: Int, for manifests: Digest? = nil) async throws -> Revision {
        try await store.record(
          .of(.fake("a", number)), for: manifests, by: Simulation.authorship, at: time)
      }
      #expect(try await record(1).interimFor == nil)
      let second = try await record(2, for: manifests)
      #expect(second.number == 2 && second.interimFor == manifests)
      #expect(try await store.latestRevision(of: "dev") == second)
      #expect(try await record(2, for: Digest(of: "others")) == second)
      #expect(try await store.newestSettledRevision(of: "dev", before: 2)?.number == 1)
      #expect(try await store.newestSettledRevision(of: "dev", before: 1) == nil)
      #expect(try await record(3, for: manifests).number == 3)
      #expect(try await store.newestSettledRevision(of: "dev", before: 3)?.number == 1)
      #expect(try await record(3) == store.latestRevision(of: "dev"))
      #expect(try await store.latestRevision(of: "dev")?.interimFor == nil)
      #expect(try await store.newestSettledRevision(of: "dev", before: 4)?.number == 3)
      #expect(try await store.revisions(of: "dev", limit: 5).map(\.number) == [3, 2, 1])
    }
  }
}
