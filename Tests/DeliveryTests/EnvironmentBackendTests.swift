import Delivery
import KindTestSupport
import Manifests
import Model
import Postgres
import PostgresSupport
import Reconciling
import Testing

/// Planner and backend on a real server.
@Suite("Environments on a real server") struct EnvironmentBackendTests {
  @Test("An environment is recorded, corrected and deleted")
  func lifecycle() async throws {
    try await TestDatabase.with { pool in
      try await Migrations(Delivery.migrations).apply(to: pool)
      let dev = try Fixture.resource(
        EnvironmentSpec.self, "dev",
        #"{"follows":{"branch":"dev"},"variables":{"registry":"127.0.0.1:5055"}}"#)
      #expect(try await converge(dev, pool).map(\.action) == [.create])
      #expect(try await converge(dev, pool).isEmpty)

      try await pool.query(#"UPDATE environments SET spec = '{"mockGPUs":true}'"#)
      #expect(try await converge(dev, pool).map(\.action) == [.update])
      try await pool.query("DELETE FROM environments")
      #expect(try await converge(dev, pool).map(\.action) == [.create])

      let branch = try await pool.query("SELECT spec #>> '{follows,branch}' AS branch FROM environments")
        .only().text("branch")
      #expect(branch == "dev")
      #expect(try await converge(dev, pool, leaves: true).map(\.action) == [.delete])
      #expect(try await converge(dev, pool, leaves: true).isEmpty)
    }
  }

  @Test("An environment without its table is unknown, not absent")
  func missingTable() async throws {
    try await TestDatabase.with { pool in
      let dev = try Fixture.resource(EnvironmentSpec.self, "dev", "{}")
      await #expect(throws: BackendError.self) { _ = try await converge(dev, pool) }
    }
  }

  /// Observes, plans and applies once. Returns the applied steps.
  private func converge(
    _ environment: Resource<EnvironmentSpec>, _ pool: PostgresPool, leaves: Bool = false
  ) async throws -> [Step<EnvironmentOperation>] {
    let fixture = KindFixture(EnvironmentPlanner(), EnvironmentBackend(state: pool))
    return try await fixture.apply(
      environment.id, leaves ? nil : environment, lastApplied: leaves ? environment : nil,
      in: Fixture.reconcileContext())
  }
}
