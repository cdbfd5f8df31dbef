import ControllerState
import Model
import Postgres
import PostgresSupport
import Reconciling
import ReconcilingSupport

/// The stores that pass the contract.
enum StoreUnderTest: CaseIterable, Sendable {
  case memory, postgres

  func with(_ body: (any StateStore & AuditTrail) async throws -> Void) async throws {
    switch self {
    case .memory: try await body(MemoryStateStore())
    case .postgres: try await StoreUnderTest.withPostgres(body)
    }
  }

  static func withPostgres(_ body: (PostgresStateStore) async throws -> Void) async throws {
    try await withDatabase { store, _ in try await body(store) }
  }

  /// Also passes the database of the store, for statements that bypass it.
  static func withDatabase(_ body: (PostgresStateStore, PostgresPool) async throws -> Void) async throws {
    try await TestDatabase.with { pool in
      try await Migrations(ControllerState.migrations).apply(to: pool)
      try await body(PostgresStateStore(pool: pool, revive: { _, value in FakeSpec(value) }), pool)
    }
  }
}

extension StateStore {
  /// Adds resources to the inventory without claims.
  func claim(_ resources: [AnyResource], in environment: String, revision: Int64) async throws(StoreError) {
    try await claim(
      ClaimRequest(resources, mark: environment, at: Timestamp(seconds: 1)), in: environment,
      revision: revision)
  }

  @discardableResult
  func record(_ resources: AnyResource..., environment: String = "dev", at seconds: Int64 = 1) async throws
    -> Revision
  {
    try await record(
      DesiredState(environment: environment, allowsMockGPUs: true, resources: resources),
      by: Authorship(actor: "tester", commit: "abc", message: "a test"), at: Timestamp(seconds: seconds))
  }

  /// The resources of a revision as text: `a=1 enforce needs b`.
  func summary(of revision: Int64, environment: String = "dev") async throws -> [String]? {
    try await desiredState(of: environment, at: revision)?.resources.map { resource in
      let number = (resource.spec as? FakeSpec)?.number
      let needs = resource.references.map { " needs \($0.target.name)" }.joined()
      return "\(resource.id.name)=\(number ?? -1) \(resource.metadata.mode)\(needs)"
    }
  }
}
