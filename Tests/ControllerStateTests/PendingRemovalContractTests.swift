import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PendingRemovalContractTests {
  private func removal(_ names: String..., due: Int64, losesData: Bool = true) -> PendingRemoval {
    PendingRemoval(
      digest: Digest(of: "without \(names)"), removals: names.map { .fake($0) }, losesData: losesData,
      since: Timestamp(seconds: 10), dueAt: Timestamp(seconds: due))
  }

  @Test(
    "An environment has one pending removal, which is replaced, ended, and ended by a recorded revision",
    arguments: StoreUnderTest.allCases)
  func pendingRemoval(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      #expect(try await store.pendingRemoval(of: "dev") == nil)
      try await store.setPendingRemoval(removal("a", "b", due: 40), in: "dev")
      #expect(try await store.pendingRemoval(of: "dev") == removal("a", "b", due: 40))
      #expect(try await store.pendingRemoval(of: "prod") == nil)
      try await store.setPendingRemoval(removal("b", due: 12, losesData: false), in: "dev")
      #expect(try await store.pendingRemoval(of: "dev") == removal("b", due: 12, losesData: false))
      try await store.setPendingRemoval(nil, in: "dev")
      try await store.setPendingRemoval(nil, in: "dev")
      #expect(try await store.pendingRemoval(of: "dev") == nil)
      try await store.setPendingRemoval(removal("a", due: 40), in: "dev")
      _ = try await store.record(
        .of(.fake("a", 2)), by: Simulation.authorship, at: Timestamp(seconds: 20))
      #expect(try await store.pendingRemoval(of: "dev") == nil)
    }
  }
}
