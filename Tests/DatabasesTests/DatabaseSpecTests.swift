import Databases
import KindTestSupport
import Model
import Testing

@Suite("Manifest of a database") struct DatabaseSpecTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    let spec: String
    /// A part of the message.
    let problem: String
    var testDescription: String { reason }
  }

  static let table: [Row] = [
    Row(reason: "a database needs a server", spec: "{}", problem: "needs a server"),
    Row(
      reason: "a database has one server", spec: #"{"embedded":{},"external":{"url":{"env":"A"}}}"#,
      problem: "either `embedded` or `external`"),
    Row(
      reason: "the controller's own database is reserved",
      spec: #"{"embedded":{},"database":"rendertrust"}"#, problem: "must not be ‘rendertrust’"),
    Row(
      reason: "templates are reserved", spec: #"{"embedded":{},"database":"template1"}"#,
      problem: "must not be ‘template1’"),
    Row(
      reason: "a name has no quotes", spec: #"{"embedded":{},"database":"a\"b"}"#,
      problem: "must begin with a letter"),
    Row(
      reason: "an external URL names its database",
      spec: #"{"external":{"url":{"env":"A"}},"database":"x"}"#, problem: "is named by its URL"),
    Row(
      reason: "PostgreSQL's own roles are reserved",
      spec: #"{"embedded":{},"roles":[{"name":"pg_monitor"}]}"#,
      problem: "must not be ‘pg_monitor’"),
    Row(
      reason: "role names are unique",
      spec: #"{"embedded":{},"roles":[{"name":"a"},{"name":"a","access":"write"}]}"#,
      problem: "role a is declared twice"),
    Row(
      reason: "a password in a manifest is not repeated in the message",
      spec: #"{"external":{"url":"postgres://u:hunter2@db/x"}}"#,
      problem: "must say where the secret is found"),
    Row(
      reason: "schemas are numbered from 1", spec: #"{"embedded":{},"schema":0}"#,
      problem: "must be `latest` or the number of a migration"),
  ]

  @Test("An invalid manifest is refused with its reason", arguments: table)
  func refuses(_ row: Row) throws {
    let error = #expect(throws: Fixture.Refused.self) {
      try Fixture.resource(DatabaseSpec.self, "platform", row.spec)
    }
    #expect(error?.description.contains(row.problem) == true, "found: \(error?.description ?? "nothing")")
    #expect(error?.description.contains("hunter2") != true)
  }

  @Test("A database offers its address")
  func offeredAddress() throws {
    let id = ResourceID(kind: "Database", name: "platform")
    let own = try Fixture.resource(DatabaseSpec.self, "platform", #"{"embedded":{}}"#)
    #expect(own.spec.address(of: id) == .embedded(database: "platform"))
    let named = try Fixture.resource(DatabaseSpec.self, "platform", #"{"embedded":{},"database":"money"}"#)
    #expect(named.spec.address(of: id) == .embedded(database: "money"))
    let external = try Fixture.resource(
      DatabaseSpec.self, "platform", #"{"external":{"url":{"env":"POSTGRES_URL"}}}"#)
    #expect(external.spec.address(of: id) == .external(url: .environment("POSTGRES_URL")))
  }
}
