import Databases
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import Testing

@Suite("Plans of databases") struct DatabasePlannerTests {
  static let migrations = [
    Migrations.Migration(number: 1, name: "prices", sql: "CREATE TABLE a ()"),
    Migrations.Migration(number: 2, name: "ledger", sql: "CREATE TABLE b ()"),
    Migrations.Migration(number: 3, name: "jobs", sql: "CREATE TABLE c ()"),
  ]
  static let planner = DatabasePlanner(migrations: migrations)
  static let id = ResourceID(kind: "Database", name: "platform")
  static let mark = owner("platform")

  /// The owner that a resource of the tests' environment writes into its marks.
  static func owner(_ name: String) -> Owner {
    Owner(controller: "test", environment: "test", resource: ResourceID(kind: "Database", name: name))
  }

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
      reason: "a missing database is created and migrated, and its roles are granted access",
      spec: #"{"embedded":{},"roles":[{"name":"app","access":"write"}]}"#, observed: nil,
      steps: [
        "create database platform", "migrate platform to 0001-prices.sql",
        "migrate platform to 0002-ledger.sql",
        "migrate platform to 0003-jobs.sql", "create role app", "grant write access to role app",
      ]),
    Row(
      reason: "a database as declared needs no step", spec: #"{"embedded":{}}"#,
      observed: observed(3), steps: []),
    Row(
      reason: "only missing migrations are applied", spec: #"{"embedded":{}}"#, observed: observed(2),
      steps: ["migrate platform to 0003-jobs.sql"]),
    Row(
      reason: "a pinned schema is not migrated further", spec: #"{"embedded":{},"schema":2}"#,
      observed: observed(2),
      steps: []),
    Row(
      reason: "a pinned schema is reached and not exceeded", spec: #"{"embedded":{},"schema":2}"#,
      observed: observed(1), steps: ["migrate platform to 0002-ledger.sql"]),
    Row(
      reason: "privileges changed by hand are restored",
      spec: #"{"embedded":{},"roles":[{"name":"app"}]}"#, observed: observed(3, [role("app", matches: [])]),
      steps: ["grant read access to role app"]),
    Row(
      reason: "the right to log in is part of the role",
      spec: #"{"embedded":{},"roles":[{"name":"app","login":false}]}"#,
      observed: observed(3, [role("app", matches: [.read])]), steps: ["forbid role app to log in"]),
    Row(
      reason: "a role that left the manifest is dropped", spec: #"{"embedded":{}}"#,
      observed: observed(3, [role("app", matches: [.read])]), steps: ["drop role app"], risk: .disruptive),
    Row(
      reason: "dropping an embedded database that left the manifests is destructive",
      spec: nil, observed: observed(3, [role("app", matches: [.read])]),
      steps: ["drop database platform and everything in it", "drop role app"], risk: .destructive),
    Row(
      reason: "an absent database needs no step to leave", spec: nil, observed: nil, steps: []),
    Row(
      reason: "a database on an external server is migrated and not created",
      spec: #"{"external":{"url":{"env":"POSTGRES_URL"}}}"#, observed: observed(2),
      steps: ["migrate platform to 0003-jobs.sql"]),
  ]

  @Test("The steps lead from the observation to the declaration", arguments: table)
  func decides(_ row: Row) throws {
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

  @Test(
    "The schema guard receives the applied and the declared schema",
    arguments: [
      Schema(
        reason: "`latest` declares the newest migration of this release", spec: #"{"embedded":{}}"#,
        applied: 4,
        fact: .schema(applied: 4, declared: 3)),
      Schema(
        reason: "a number declares itself", spec: #"{"embedded":{},"schema":1}"#, applied: 3,
        fact: .schema(applied: 3, declared: 1)),
      Schema(
        reason: "an empty database has no schema, and no ledger that was in it", spec: #"{"embedded":{}}"#,
        applied: 0, fact: .emptyDatabase),
    ])
  func schemaFact(_ row: Schema) throws {
    let spec = try Fixture.resource(DatabaseSpec.self, "platform", row.spec)
    let observed = DatabaseObserved(
      owner: Self.mark,
      migrations: (0..<row.applied).map { AppliedMigration(number: $0 + 1, name: "m", digest: "0") })
    #expect(Self.planner.facts(spec, observed, Fixture.context(spec)) == (row.fact.map { [$0] } ?? []))
  }

  @Test("A newer schema is never reverted")
  func newerSchema() throws {
    let spec = try Fixture.resource(DatabaseSpec.self, "platform", #"{"embedded":{},"schema":1}"#)
    let outcome = try Self.planner.plan(spec, Self.observed(3), Fixture.context(spec))
    #expect(outcome.steps.isEmpty, "where the guard allows the plan, the schema stays unchanged")
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
      reason: "the declared migration is unknown", spec: #"{"embedded":{},"schema":9}"#,
      observed: observed(3), error: "declares schema 9, but this release has migrations only up to 3"),
    Refusal(
      reason: "an applied migration has other contents", spec: #"{"embedded":{}}"#,
      observed: DatabaseObserved(
        owner: mark, migrations: [AppliedMigration(number: 1, name: "prices", digest: "else")]),
      error: "0001-prices.sql was applied to Database/platform with other contents"),
    Refusal(
      reason: "a role of another origin is not reused",
      spec: #"{"embedded":{},"roles":[{"name":"app"}]}"#,
      observed: observed(3, [ObservedRole(name: "app", owner: nil, canLogin: true, matches: [.read])]),
      error: "role app of the embedded server exists and carries no mark of this controller"),
    Refusal(
      reason: "a role belongs to one database",
      spec: #"{"embedded":{},"roles":[{"name":"app"}]}"#,
      observed: observed(
        3, [ObservedRole(name: "app", owner: owner("other"), canLogin: true, matches: [.read])]),
      error: "role app of the embedded server belongs to Database/other"),
    Refusal(
      reason: "a renamed database would be empty", spec: #"{"embedded":{},"database":"second"}"#,
      observed: observed(3), lastApplied: #"{"embedded":{}}"#,
      error: "cannot move from database platform to database second"),
  ]

  @Test("An impossible plan is refused with its reason", arguments: refusals)
  func refuses(_ row: Refusal) throws {
    let spec = try Fixture.resource(DatabaseSpec.self, "platform", row.spec)
    let last = try row.lastApplied.map { try Fixture.resource(DatabaseSpec.self, "platform", $0) }
    let error = #expect(throws: PlanError.self) {
      try Self.planner.plan(spec, row.observed, Fixture.context(spec, lastApplied: last))
    }
    #expect(error?.message.contains(row.error) == true, "found: \(error?.message ?? "nothing")")
    #expect(error?.hint != nil)
  }

  static func observed(_ number: Int, _ roles: [ObservedRole] = []) -> DatabaseObserved {
    DatabaseObserved(
      owner: mark,
      migrations: migrations.prefix(number).map {
        AppliedMigration(number: $0.number, name: $0.name, digest: $0.digest.hex)
      }, roles: roles)
  }

  static func role(_ name: String, matches: Set<RoleAccess>) -> ObservedRole {
    ObservedRole(name: name, owner: mark, canLogin: true, matches: matches)
  }
}
