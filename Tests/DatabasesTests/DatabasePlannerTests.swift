import Databases
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import Testing

@Suite struct DatabasePlannerTests {
  static let migrations = [
    Migrations.Migration(number: 1, name: "prices", sql: "CREATE TABLE a ()"),
    Migrations.Migration(number: 2, name: "ledger", sql: "CREATE TABLE b ()"),
    Migrations.Migration(number: 3, name: "jobs", sql: "CREATE TABLE c ()"),
  ]
  static let planner = DatabasePlanner(migrations: migrations)
  static let id = ResourceID(kind: "Database", name: "platform")

  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    let spec: String?
    let observed: DatabaseObserved?
    let steps: [String]
    var risk = Risk.safe
    var testDescription: String { reason }
  }

  static let table: [Row] = [
    Row(
      reason: "a database that is not there is created, migrated step by step, then opened to its roles",
      spec: #"{"embedded":{},"roles":[{"name":"app","access":"write"}]}"#, observed: nil,
      steps: [
        "create database platform", "migrate platform to 0001-prices.sql",
        "migrate platform to 0002-ledger.sql",
        "migrate platform to 0003-jobs.sql", "create role app", "grant write access to role app",
      ]),
    Row(
      reason: "a database that is as declared needs nothing", spec: #"{"embedded":{}}"#,
      observed: seen(3), steps: []),
    Row(
      reason: "only what is missing is migrated", spec: #"{"embedded":{}}"#, observed: seen(2),
      steps: ["migrate platform to 0003-jobs.sql"]),
    Row(
      reason: "a pinned schema stays where it is", spec: #"{"embedded":{},"schema":2}"#, observed: seen(2),
      steps: []),
    Row(
      reason: "a pinned schema is reached and not passed", spec: #"{"embedded":{},"schema":2}"#,
      observed: seen(1), steps: ["migrate platform to 0002-ledger.sql"]),
    Row(
      reason: "privileges changed by hand are given again",
      spec: #"{"embedded":{},"roles":[{"name":"app"}]}"#, observed: seen(3, [role("app", fits: [])]),
      steps: ["grant read access to role app"]),
    Row(
      reason: "the right to log in is part of the role",
      spec: #"{"embedded":{},"roles":[{"name":"app","login":false}]}"#,
      observed: seen(3, [role("app", fits: [.read])]), steps: ["stop role app from logging in"]),
    Row(
      reason: "a role that left the manifest goes", spec: #"{"embedded":{}}"#,
      observed: seen(3, [role("app", fits: [.read])]), steps: ["drop role app"], risk: .disruptive),
    Row(
      reason: "an embedded database that left the manifests is lost with its rows: destructive",
      spec: nil, observed: seen(3, [role("app", fits: [.read])]),
      steps: ["drop database platform and everything in it", "drop role app"], risk: .destructive),
    Row(reason: "what left and is gone needs nothing", spec: nil, observed: nil, steps: []),
    Row(
      reason: "an external server needs migrations too, but its database is made by its operator",
      spec: #"{"external":{"url":{"env":"POSTGRES_URL"}}}"#, observed: seen(2),
      steps: ["migrate platform to 0003-jobs.sql"]),
  ]

  @Test(arguments: table) func decides(_ row: Row) throws {
    let spec = try row.spec.map { try Fixture.resource(DatabaseSpec.self, "platform", $0) }
    let last = try Fixture.resource(DatabaseSpec.self, "platform", #"{"embedded":{}}"#)
    let outcome = try Self.planner.plan(
      spec, row.observed, Fixture.context(spec ?? last, lastApplied: spec == nil ? last : nil))
    #expect(outcome.steps.map(\.summary) == row.steps)
    #expect((outcome.steps.map(\.risk).max() ?? .safe) == row.risk)
  }

  struct Schema: Sendable, CustomTestStringConvertible {
    let reason: String
    let spec: String
    let applied: Int
    let fact: SafetyFact?
    var testDescription: String { reason }
  }

  @Test(arguments: [
    Schema(
      reason: "`latest` declares what this release brings", spec: #"{"embedded":{}}"#, applied: 4,
      fact: .schema(applied: 4, declared: 3)),
    Schema(
      reason: "a number declares itself", spec: #"{"embedded":{},"schema":1}"#, applied: 3,
      fact: .schema(applied: 3, declared: 1)),
    Schema(reason: "an empty database is ahead of nothing", spec: #"{"embedded":{}}"#, applied: 0, fact: nil),
  ]) func tellsTheGuardsItsSchema(_ row: Schema) throws {
    let spec = try Fixture.resource(DatabaseSpec.self, "platform", row.spec)
    let observed = DatabaseObserved(
      migrations: (0..<row.applied).map { AppliedMigration(number: $0 + 1, name: "m", digest: "0") },
      roles: [])
    #expect(Self.planner.facts(spec, observed, Fixture.context(spec)) == (row.fact.map { [$0] } ?? []))
  }

  @Test func neverGoesBack() throws {
    let spec = try Fixture.resource(DatabaseSpec.self, "platform", #"{"embedded":{},"schema":1}"#)
    let outcome = try Self.planner.plan(spec, Self.seen(3), Fixture.context(spec))
    #expect(outcome.steps.isEmpty, "the guard holds it; where that is allowed, the schema stays as it is")
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let reason: String
    let spec: String
    let observed: DatabaseObserved
    var lastApplied: String?
    let error: String
    var testDescription: String { reason }
  }

  static let refusals: [Refusal] = [
    Refusal(
      reason: "nobody knows the migration that is asked for", spec: #"{"embedded":{},"schema":9}"#,
      observed: seen(3), error: "wants schema 9, but this release brings migrations up to 3 only"),
    Refusal(
      reason: "a migration that was edited after it landed", spec: #"{"embedded":{}}"#,
      observed: DatabaseObserved(
        migrations: [AppliedMigration(number: 1, name: "prices", digest: "else")], roles: []),
      error: "0001-prices.sql was applied to Database/platform with other contents"),
    Refusal(
      reason: "a role that somebody else made is not taken over",
      spec: #"{"embedded":{},"roles":[{"name":"app"}]}"#,
      observed: seen(3, [ObservedRole(name: "app", madeBy: nil, canLogin: true, fits: [.read])]),
      error: "role app of Database/platform was not made by this controller"),
    Refusal(
      reason: "a role has one database",
      spec: #"{"embedded":{},"roles":[{"name":"app"}]}"#,
      observed: seen(
        3,
        [
          ObservedRole(
            name: "app", madeBy: ResourceID(kind: "Database", name: "other"), canLogin: true, fits: [.read])
        ]), error: "role app of Database/platform belongs to Database/other"),
    Refusal(
      reason: "a renamed database would be an empty one", spec: #"{"embedded":{},"database":"second"}"#,
      observed: seen(3), lastApplied: #"{"embedded":{}}"#,
      error: "cannot move from database platform to database second"),
  ]

  @Test(arguments: refusals) func refuses(_ row: Refusal) throws {
    let spec = try Fixture.resource(DatabaseSpec.self, "platform", row.spec)
    let last = try row.lastApplied.map { try Fixture.resource(DatabaseSpec.self, "platform", $0) }
    let error = #expect(throws: PlanError.self) {
      try Self.planner.plan(spec, row.observed, Fixture.context(spec, lastApplied: last))
    }
    #expect(error?.message.contains(row.error) == true, "found: \(error?.message ?? "nothing")")
    #expect(error?.hint != nil)
  }

  static func seen(_ number: Int, _ roles: [ObservedRole] = []) -> DatabaseObserved {
    DatabaseObserved(
      migrations: migrations.prefix(number).map {
        AppliedMigration(number: $0.number, name: $0.name, digest: $0.digest.hex)
      }, roles: roles)
  }

  static func role(_ name: String, fits: Set<RoleAccess>) -> ObservedRole {
    ObservedRole(name: name, madeBy: id, canLogin: true, fits: fits)
  }
}
