import ControllerState
import Model
import Postgres
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EnvironmentStoreTests {
  private static let time = Timestamp(seconds: 500)

  /// An environment with one applied resource that holds a database.
  private func apply(_ store: PostgresStateStore, _ environment: String, database: String) async throws {
    let resource = AnyResource.fake("a")
    let revision = try await store.record(resource, environment: environment)
    let ownership = try await store.ownership()
    try await store.claim(
      ClaimRequest(
        [resource],
        claims: [
          resource.id: [
            ThingClaim(
              .database(.embedded(database: database)), field: "spec", role: "database", holdsData: true)
          ]
        ], mark: ownership.mark(of: environment), at: Self.time), in: environment, revision: revision.number)
  }

  private func code(_ body: () async throws -> Void) async -> String? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? StoreError)?.qualifiedCode
    }
  }

  @Test("A renamed environment keeps inventory, holdings and marks, and both trails say so")
  func rename() async throws {
    try await StoreUnderTest.withPostgres { store in
      try await apply(store, "h1", database: "shop")
      try await store.renameEnvironment("h1", to: "h2", by: "ada", at: Self.time)
      #expect(try await store.environments() == ["h2"])
      #expect(try await store.inventory(of: "h1", knowing: []).isEmpty)
      #expect(Array(try await store.inventory(of: "h2", knowing: []).keys) == [.fake("a")])
      let ownership = try await store.ownership()
      #expect(ownership.holdings.all.map(\.environment) == ["h2"])
      #expect(ownership.marks == ["h2": "h1"])
      #expect(ownership.mark(of: "h1") == "h1-2", "a new h1 must not own what h2 marked")
      for environment in ["h1", "h2"] {
        let entry = try await store.audit(of: environment, id: nil, limit: 1).first?.record
        #expect(entry?.action == .renameEnvironment && entry?.actor == "ada")
      }
      let left = try await store.revisions(of: "h1", limit: 5)
      #expect(left.map(\.number) == [2, 1], "revisions are never rewritten")
      #expect(try await store.desiredState(of: "h1", at: 2)?.resources.isEmpty == true)
      #expect(try await store.quarantines(of: "h1").map(\.digest) == [left[1].manifestDigest])
      #expect(try await store.summary(of: 1, environment: "h2") == ["a=1 enforce"])
      try await store.renameEnvironment("h2", to: "h1", by: "ada", at: Self.time)
      #expect(try await store.ownership().marks == ["h1": "h1"])
      #expect(try await store.summary(of: 3, environment: "h1") == ["a=1 enforce"])
      #expect(try await store.quarantines(of: "h1").isEmpty)
      #expect(try await store.environments() == ["h1"])
    }
  }

  @Test("An environment does not take a name that is used, nor one that a controller works on")
  func refusedRenames() async throws {
    try await StoreUnderTest.withPostgres { store in
      try await apply(store, "h1", database: "a")
      try await apply(store, "h2", database: "b")
      func rename(_ from: String, _ to: String) async -> String? {
        await code { try await store.renameEnvironment(from, to: to, by: "ada", at: Self.time) }
      }
      #expect(await rename("h1", "h2") == "environment.exists")
      #expect(await rename("h3", "h4") == "environment.unknown")
      for busy in ["h1", "h5"] {
        let replica = ControllerReplica(name: "r-\(busy)", role: "up", host: "box", isExclusive: true)
        _ = try await store.recordHeartbeat(ControllerHeartbeat(replica, released: []), in: busy)
        #expect(await rename("h1", "h5") == "environment.busy")
        try await store.leave(replica, environment: busy)
      }
      #expect(await rename("h1", "h5") == nil)
    }
  }

  @Test("An environment with resources is forgotten only on request, and comes back with a revision")
  func forget() async throws {
    try await StoreUnderTest.withPostgres { store in
      try await apply(store, "dev", database: "shop")
      func forget(_ name: String, abandons: Bool) async -> String? {
        await code {
          try await store.forgetEnvironment(name, abandons: abandons, by: "ada", at: Self.time)
        }
      }
      #expect(await forget("dev", abandons: false) == "environment.owns")
      #expect(await forget("dev", abandons: true) == nil)
      #expect(try await store.environments() == [])
      #expect(try await store.ownership().holdings.all.isEmpty)
      #expect(try await store.audit(of: "dev", id: nil, limit: 1).first?.record?.action == .forget)
      #expect(await forget("dev", abandons: false) == "environment.unknown")
      try await store.record(.fake("b"), environment: "dev", at: 9)
      #expect(try await store.environments() == ["dev"])
      try await store.record(environment: "default")
      #expect(await forget("default", abandons: false) == nil, "an environment without a resource")
      #expect(try await store.environments() == ["dev"])
    }
  }

  @Test("A takeover is recorded once, with an event for each thing that has another owner")
  func takeover() async throws {
    try await StoreUnderTest.withDatabase { store, pool in
      _ = try await store.owner(proposal: "c1")
      try await apply(store, "prod", database: "shop")
      try await store.record(.fake("a", 2), environment: "stg", at: 50)
      try await pool.query(
        """
        INSERT INTO inventory SELECT 'stg', resource, document_digest, applied_digest, document, revision
        FROM inventory
        """)
      try await pool.query("DELETE FROM claims")
      #expect(try await store.recordsOwners() == false)
      let applied = try await store.appliedResources()
      #expect(applied.map(\.environment) == ["prod", "stg"])
      let decision = TakeoverDecision(applied) { _, _ in
        [ThingClaim(.database(.embedded(database: "shop")), field: "", role: "database", holdsData: true)]
      }
      try await store.takeOver(decision, at: Self.time)
      #expect(try await store.recordsOwners())
      let ownership = try await store.ownership()
      #expect(Set(ownership.holdings.all.map(\.environment)) == ["stg"])
      #expect(ownership.marks == ["prod": "prod", "stg": "stg"])
      let events = try await store.events(of: "prod", id: nil, limit: 5)
      #expect(events.map(\.reason) == [.ownershipUndecided])
      try await store.takeOver(TakeoverDecision([]) { _, _ in [] }, at: Self.time)
      #expect(try await store.ownership().holdings.all.count == ownership.holdings.all.count)
    }
  }
}
