import ControllerState
import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Which data resources hold, as the stores record it.
@Suite(.timeLimit(.minutes(1))) struct IdentityContractTests {
  private static let first = DataIdentity(id: "a1", head: nil)
  private static let second = DataIdentity(id: "a1", head: "7:c0")
  private static let other = DataIdentity(id: "b2", head: "9:d1")

  private func save(
    _ identities: [ResourceID: DataIdentity], removing removed: [ResourceID] = [],
    in environment: String = "dev", _ store: any StateStore
  ) async throws {
    var changes = StatusChanges(revision: 1)
    changes.identities = identities
    changes.removed = removed
    try await store.save(changes, in: environment)
  }

  private func identities(_ store: any StateStore, in environment: String = "dev") async throws
    -> [ResourceID: DataIdentity]
  {
    try await store.ownership().identities[environment] ?? [:]
  }

  @Test(
    "The data of a resource is recorded, replaced and forgotten with it", arguments: StoreUnderTest.allCases)
  func lifetime(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      #expect(try await identities(store) == [:])
      try await store.claim([.fake("a"), .fake("b")], in: "dev", revision: 1)
      try await store.claim([.fake("a")], in: "stg", revision: 1)
      try await save([.fake("a"): Self.first, .fake("b"): Self.other], store)
      try await save([.fake("a"): Self.other], in: "stg", store)
      #expect(try await identities(store) == [.fake("a"): Self.first, .fake("b"): Self.other])
      try await save([.fake("a"): Self.second], store)
      #expect(try await identities(store) == [.fake("a"): Self.second, .fake("b"): Self.other])
      try await save([:], removing: [.fake("a")], store)
      #expect(try await identities(store) == [.fake("b"): Self.other])
      #expect(try await identities(store, in: "stg") == [.fake("a"): Self.other], "another environment")
    }
  }

  @Test("The data of a resource outside of the inventory is not recorded", arguments: StoreUnderTest.allCases)
  func outsideOfInventory(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      try await save([.fake("a"): Self.second], store)
      #expect(try await identities(store) == [:])
      var changes = StatusChanges(revision: 1)
      changes.applied = [.fake("a")]
      changes.identities = [.fake("a"): Self.second]
      try await store.save(changes, in: "dev")
      #expect(try await identities(store) == [.fake("a"): Self.second], "applied with the same call")
    }
  }

  @Test(
    "A renamed resource takes its record along, and two exchange theirs", arguments: StoreUnderTest.allCases)
  func moves(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      func move(_ pairs: (String, String)...) async throws {
        var request = ClaimRequest(
          pairs.map { .fake($0.1) }, mark: "dev", at: Timestamp(seconds: 1))
        request.moves = pairs.map { Move(from: .fake($0.0), to: .fake($0.1)) }
        try await store.claim(request, in: "dev", revision: 1)
      }
      try await store.claim([.fake("a"), .fake("b")], in: "dev", revision: 1)
      try await save([.fake("a"): Self.second, .fake("b"): Self.other], store)
      try await move(("a", "c"))
      #expect(try await identities(store) == [.fake("c"): Self.second, .fake("b"): Self.other])
      try await save([:], removing: [.fake("a")], store)
      #expect(try await identities(store)[.fake("c")] == Self.second, "the former name leaves")
      try await move(("b", "c"), ("c", "b"))
      #expect(try await identities(store) == [.fake("b"): Self.second, .fake("c"): Self.other])
      try await move(("x", "b"))
      #expect(try await identities(store)[.fake("b")] == Self.second, "nothing is recorded of the former one")
    }
  }

  @Test("Renaming an environment keeps its records, and forgetting it forgets them")
  func environments() async throws {
    try await StoreUnderTest.withPostgres { store in
      try await store.record(.fake("a"), environment: "h1")
      try await store.claim([.fake("a")], in: "h1", revision: 1)
      try await save([.fake("a"): Self.second], in: "h1", store)
      try await store.renameEnvironment("h1", to: "h2", by: "ada", at: Timestamp(seconds: 5))
      #expect(try await store.ownership().identities == ["h2": [.fake("a"): Self.second]])
      try await store.forgetEnvironment("h2", abandons: true, by: "ada", at: Timestamp(seconds: 6))
      #expect(try await store.ownership().identities == [:])
    }
  }
}
