import Delivery
import KindTestSupport
import Manifests
import Model
import Postgres
import PostgresSupport
import Reconciling
import Testing

/// The backend and the planner together, against a real server.
@Suite struct EnvironmentBackendTests {
  @Test func recordsHealsAndForgets() async throws {
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

      let branch = try await pool.query("SELECT spec #>> '{follows,branch}' FROM environments").only().text(0)
      #expect(branch == "dev")
      #expect(try await converge(dev, pool, leaves: true).map(\.action) == [.delete])
      #expect(try await converge(dev, pool, leaves: true).isEmpty)
    }
  }

  @Test func doesNotTakeAMissingTableForAbsence() async throws {
    try await TestDatabase.with { pool in
      let dev = try Fixture.resource(EnvironmentSpec.self, "dev", "{}")
      await #expect(throws: BackendError.self) { _ = try await converge(dev, pool) }
    }
  }

  private func converge(
    _ environment: Resource<EnvironmentSpec>, _ pool: PostgresPool, leaves: Bool = false
  ) async throws -> [Step<EnvironmentOperation>] {
    let backend = EnvironmentBackend(state: pool)
    let subject = Subject(
      id: environment.id, desired: leaves ? nil : environment, lastApplied: leaves ? environment : nil)
    let context = Fixture.surroundings()
    let observed = try await backend.observe([subject], in: context)[environment.id]?.get() ?? nil
    let steps = try EnvironmentPlanner().plan(subject.desired, observed, Fixture.context(environment)).steps
    for step in steps { try await backend.apply(step.operation, to: subject, in: context) }
    return steps
  }
}
