import Databases
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import Testing

/// Which existing databases and roles a resource may use, and how it takes them over.
@Suite("Ownership of databases") struct DatabaseOwnershipTests {
  private typealias Plans = DatabasePlannerTests

  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var spec: String? = #"{"embedded":{},"database":"shop"}"#
    var annotations: [String: String] = [:]
    var lastApplied: String?
    var movedFrom: String?
    /// The resource that takes over what this one had.
    var movedTo: String?
    var holdings: [Holding] = []
    let observed: DatabaseObserved
    let steps: [String]
    var risk = Risk.safe
    var testDescription: String { reason }
  }

  private static let shop = #"{"embedded":{},"database":"shop"}"#
  private static let record = "record the owner of database shop"
  private static let drop = "drop database shop and everything in it"

  static let table: [Row] = [
    Row(reason: "a database with the resource's mark is used", observed: present(Plans.mark), steps: []),
    Row(
      reason: "a database that an earlier release created gets its mark", lastApplied: shop,
      observed: present(nil), steps: [record]),
    Row(
      reason: "also where the state records who created it", lastApplied: shop,
      holdings: [holding()], observed: present(nil), steps: [record]),
    Row(
      reason: "a database that was created by hand is adopted by intent",
      annotations: [Adoption.annotation: "shop"], observed: present(nil), steps: [record]),
    Row(
      reason: "an interrupted creation is finished", observed: DatabaseObserved(.unfinished, owner: nil),
      steps: ["create database shop"] + migrations),
    Row(
      reason: "what another program began to drop is lost, and a person decides",
      observed: DatabaseObserved(.halfDropped, owner: Plans.mark),
      steps: ["drop the rest of database shop", "create database shop"] + migrations, risk: .destructive),
    Row(
      reason: "what the controller began to drop is finished",
      holdings: [holding(leavingSince: Fixture.now)],
      observed: DatabaseObserved(.halfDropped, owner: Plans.mark),
      steps: ["drop the rest of database shop", "create database shop"] + migrations),
    Row(
      reason: "a renamed resource keeps the database", movedFrom: shop,
      observed: present(Plans.owner("old")), steps: [record]),
    Row(
      reason: "a renamed resource keeps a database of an earlier release", movedFrom: shop,
      observed: present(nil), steps: [record]),
    Row(
      reason: "a database is renamed with its resource", movedFrom: #"{"embedded":{}}"#,
      observed: DatabaseObserved(owner: Plans.owner("old"), formerName: "old", migrations: applied),
      steps: ["rename database old to shop"], risk: .disruptive),
    Row(
      reason: "a rename that was interrupted before the mark was written", movedFrom: #"{"embedded":{}}"#,
      observed: present(Plans.owner("old")), steps: [record]),
    Row(
      reason: "two resources exchange their databases", lastApplied: #"{"embedded":{}}"#, movedFrom: shop,
      observed: present(Plans.owner("old")), steps: [record]),
    Row(
      reason: "roles of the former resource and of an earlier release are taken over",
      spec: #"{"embedded":{},"database":"shop","roles":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#,
      lastApplied: shop, movedFrom: shop,
      observed: DatabaseObserved(
        owner: Plans.mark, migrations: applied,
        roles: [
          role("a", Plans.owner("old")),
          role("b", Owner(controller: "test", environment: nil, resource: Plans.id)), role("c", Plans.mark),
        ]), steps: ["record the owner of role a", "record the owner of role b"]),
    Row(
      reason: "an exchange that was interrupted between its marks is completed",
      spec: #"{"embedded":{},"database":"shop","roles":[{"name":"a"}]}"#, lastApplied: shop,
      holdings: [holding(), holding(role: "a")],
      observed: DatabaseObserved(
        owner: Plans.owner("other"), migrations: applied, roles: [role("a", Plans.owner("other"))]),
      steps: [record, "record the owner of role a"]),
    Row(
      reason: "also by a resource that was renamed meanwhile", movedFrom: shop,
      holdings: [holding(of: Plans.owner("old").resource)], observed: present(Plans.owner("other")),
      steps: [record]),
    Row(
      reason: "a role that goes on with the other resource of an exchange is not dropped",
      lastApplied: #"{"embedded":{}}"#, movedFrom: shop, movedTo: "old",
      observed: DatabaseObserved(
        owner: Plans.owner("old"), migrations: applied, roles: [role("a", Plans.mark)]), steps: [record]),
    Row(
      reason: "nor one that the state gave to the other resource before its mark changed", lastApplied: shop,
      holdings: [holding(role: "a", of: Plans.owner("old").resource)],
      observed: DatabaseObserved(owner: Plans.mark, migrations: applied, roles: [role("a", Plans.mark)]),
      steps: []),
    Row(
      reason: "nor where the resource leaves", spec: nil, lastApplied: shop,
      holdings: [holding(role: "a", of: Plans.owner("old").resource)],
      observed: DatabaseObserved(owner: Plans.mark, migrations: applied, roles: [role("a", Plans.mark)]),
      steps: [drop], risk: .destructive),
    Row(
      reason: "a role of the other resource of an exchange is not dropped: that one may go on declaring it",
      lastApplied: #"{"embedded":{}}"#, movedFrom: shop, movedTo: "old",
      observed: DatabaseObserved(
        owner: Plans.owner("old"), migrations: applied, roles: [role("a", Plans.owner("old"))]),
      steps: [record]),
    Row(
      reason: "a database with the mark of another resource is never dropped", spec: nil, lastApplied: shop,
      holdings: [holding()], observed: present(Plans.owner("other")), steps: []),
    Row(
      reason: "a role of the former resource in another environment is never dropped", movedFrom: shop,
      holdings: [holding(role: "a", environment: "prod")], observed: former(role: "a"), steps: []),
    Row(
      reason: "a role of the former resource that left the manifest is dropped", movedFrom: shop,
      holdings: [holding(role: "a", of: Plans.owner("old").resource)], observed: former(role: "a"),
      steps: ["drop role a"], risk: .disruptive),
    Row(
      reason: "also where the state does not record its owner", movedFrom: shop,
      observed: former(role: "a"), steps: ["drop role a"], risk: .disruptive),
    Row(
      reason: "a database that leaves is dropped", spec: nil, lastApplied: shop,
      observed: present(Plans.mark), steps: [drop], risk: .destructive),
    Row(
      reason: "a database of an earlier release gets its mark before it is dropped", spec: nil,
      lastApplied: shop, observed: present(nil), steps: [record, drop], risk: .destructive),
    Row(
      reason: "a database of another environment is never dropped", spec: nil, lastApplied: shop,
      observed: present(Owner(controller: "test", environment: "prod", resource: Plans.id)), steps: []),
    Row(
      reason: "a database without a mark that another environment holds is never dropped", spec: nil,
      lastApplied: shop, holdings: [holding(environment: "prod")],
      observed: present(nil), steps: []),
    Row(
      reason: "an interrupted removal is completed", spec: nil, lastApplied: shop,
      observed: DatabaseObserved(.halfDropped, owner: Plans.mark), steps: ["drop the rest of database shop"],
      risk: .destructive),
    Row(
      reason: "an interrupted creation leaves nothing behind", spec: nil, lastApplied: shop,
      observed: DatabaseObserved(.unfinished, owner: nil), steps: ["drop database shop"]),
    Row(
      reason: "the server's own database is never dropped, whatever an earlier release applied", spec: nil,
      lastApplied: #"{"embedded":{},"database":"reserved"}"#, observed: present(nil), steps: []),
  ]

  @Test("Only what belongs to a resource is changed", arguments: table)
  func decides(_ row: Row) throws {
    let desired = try row.spec.map { try resource("platform", $0, row.annotations) }
    let outcome = try Plans.planner.plan(desired, row.observed, try context(row))
    #expect(outcome.steps.map(\.summary) == row.steps)
    #expect((outcome.steps.map(\.risk).max() ?? .safe) == row.risk)
  }

  @Test("A resource that goes on under another name drops nothing")
  func formerResource() throws {
    let moves = Moves([Move(from: Plans.id, to: ResourceID(kind: "Database", name: "new"))])
    let context = PlanContext(
      id: Plans.id, lastApplied: try resource("platform", Self.shop).map { $0 },
      reconcile: Fixture.reconcileContext(moves: moves))
    #expect(try Plans.planner.plan(nil, Self.present(Plans.mark), context).steps.isEmpty)
  }

  struct Conflict: Sendable, CustomTestStringConvertible {
    let reason: String
    var annotations: [String: String] = [:]
    var lastApplied: String?
    var movedFrom: String?
    var holdings: [Holding] = []
    let observed: DatabaseObserved
    let error: String
    let hint: String
    var testDescription: String { reason }
  }

  static let conflicts: [Conflict] = [
    Conflict(
      reason: "a database that was created by hand", observed: present(nil),
      error: "database shop of the embedded server exists and carries no mark of this controller",
      hint: "rendertrust.com/adopts: shop"),
    Conflict(
      reason: "an annotation that adopts another database", annotations: [Adoption.annotation: "other"],
      observed: present(nil), error: "carries no mark of this controller", hint: "declare another name"),
    Conflict(
      reason: "a database without a mark that another environment holds", lastApplied: shop,
      holdings: [holding(environment: "prod")], observed: present(nil),
      error: "carries no mark of this controller", hint: "rendertrust.com/adopts: shop"),
    Conflict(
      reason: "a database of another resource", observed: present(Plans.owner("other")),
      error: "belongs to Database/other", hint: "declare another one"),
    Conflict(
      reason: "a database of another environment",
      observed: present(Owner(controller: "test", environment: "prod", resource: Plans.id)),
      error: "belongs to Database/platform of environment prod", hint: "declare another one"),
    Conflict(
      reason: "a database of another controller cannot be adopted",
      annotations: [Adoption.annotation: "shop"],
      observed: present(Owner(controller: "9c08ac9a", environment: "test", resource: Plans.id)),
      error: "carries the marks of controller 9c08ac9a", hint: "declare another one"),
    Conflict(
      reason: "a database of another resource, as the state records",
      holdings: [holding(of: Plans.owner("other").resource)], observed: present(Plans.owner("other")),
      error: "belongs to Database/other", hint: "declare another one"),
    Conflict(
      reason: "a database that was marked in another environment after it was recorded", lastApplied: shop,
      holdings: [holding()],
      observed: present(Owner(controller: "test", environment: "prod", resource: Plans.id)),
      error: "belongs to Database/platform of environment prod", hint: "declare another one"),
    Conflict(
      reason: "a database that was marked by another controller after it was recorded", lastApplied: shop,
      holdings: [holding()],
      observed: present(Owner(controller: "9c08ac9a", environment: "test", resource: Plans.id)),
      error: "carries the marks of controller 9c08ac9a", hint: "declare another one"),
    Conflict(
      reason: "the rest of a database with the mark of another resource", lastApplied: shop,
      holdings: [holding()], observed: DatabaseObserved(.halfDropped, owner: Plans.owner("other")),
      error: "belongs to Database/other", hint: "declare another one"),
    Conflict(
      reason: "the rest of a database of another resource",
      observed: DatabaseObserved(.halfDropped, owner: Plans.owner("other")),
      error: "belongs to Database/other", hint: "declare another one"),
    Conflict(
      reason: "a resource that has another database and was not renamed",
      lastApplied: #"{"embedded":{}}"#, observed: present(nil),
      error: "cannot move from database platform to database shop", hint: "declare a second Database"),
    Conflict(
      reason: "a database on another server is never renamed",
      movedFrom: #"{"external":{"url":{"env":"A"}}}"#,
      observed: present(nil), error: "cannot move from the database of env A to database shop",
      hint: "declare a second Database"),
  ]

  @Test("A database of another owner is a conflict that names it", arguments: conflicts)
  func refuses(_ row: Conflict) throws {
    let desired = try resource("platform", Self.shop, row.annotations)
    let context = try context(
      Row(
        reason: row.reason, lastApplied: row.lastApplied, movedFrom: row.movedFrom, holdings: row.holdings,
        observed: row.observed, steps: []))
    let error = #expect(throws: PlanError.self) { try Plans.planner.plan(desired, row.observed, context) }
    #expect(error?.message.contains(row.error) == true, "found: \(error?.message ?? "nothing")")
    #expect(error?.hint?.contains(row.hint) == true, "found: \(error?.hint ?? "nothing")")
  }

  @Test("A database and each of its roles is claimed once")
  func claims() throws {
    let own = try resource(
      "platform", #"{"embedded":{},"roles":[{"name":"reader"},{"name":"writer","access":"write"}]}"#)
    #expect(
      DatabaseClaims.claims(of: own) == [
        ThingClaim(
          .database(.embedded(database: "platform")), field: "metadata.name", role: "database",
          holdsData: true),
        ThingClaim(.role("reader", on: .embedded), field: "spec.roles[0].name", role: "role.reader"),
        ThingClaim(.role("writer", on: .embedded), field: "spec.roles[1].name", role: "role.writer"),
      ])
    #expect(
      DatabaseClaims.claims(of: try resource("platform", Self.shop)).map(\.field) == ["spec.database"])
    let external = DatabaseClaims.claims(of: try resource("platform", #"{"external":{"url":{"env":"A"}}}"#))
    #expect(
      external == [
        ThingClaim(
          .database(.external(url: .environment("A"))), field: "spec.external.url", role: "database")
      ])
  }

  // MARK: Values

  private static let applied = Plans.observed(3).migrations
  private static let migrations = Plans.migrations.map { "migrate shop to \($0.file)" }

  private static func present(_ owner: Owner?) -> DatabaseObserved {
    DatabaseObserved(owner: owner, migrations: applied)
  }

  private static func role(_ name: String, _ owner: Owner) -> ObservedRole {
    ObservedRole(name: name, owner: owner, canLogin: true, matches: [.read])
  }

  /// A role that an earlier release created for the former resource.
  private static func former(role name: String) -> DatabaseObserved {
    let owner = Owner(controller: "test", environment: nil, resource: Plans.owner("old").resource)
    return DatabaseObserved(owner: Plans.mark, migrations: applied, roles: [role(name, owner)])
  }

  /// - Parameter role: Nil for the database.
  private static func holding(
    role: String? = nil, of resource: ResourceID = Plans.id, environment: String = "test",
    leavingSince: Timestamp? = nil
  ) -> Holding {
    Holding(
      thing: role.map { .role($0, on: .embedded) } ?? .database(.embedded(database: "shop")),
      role: role.map { "role.\($0)" } ?? "database", environment: environment, resource: resource,
      holdsData: role == nil, leavingSince: leavingSince, since: Fixture.now)
  }

  private func resource(
    _ name: String, _ spec: String, _ annotations: [String: String] = [:]
  ) throws -> Resource<DatabaseSpec> {
    let made = try Fixture.resource(DatabaseSpec.self, name, spec)
    return Resource(
      id: made.id, metadata: Metadata(annotations: annotations), spec: made.spec, references: [],
      location: nil, digest: made.digest)
  }

  private func context(_ row: Row) throws -> PlanContext {
    let moves = row.movedTo.map { [Move(from: Plans.id, to: Plans.owner($0).resource)] } ?? []
    return PlanContext(
      id: Plans.id,
      lastApplied: try row.lastApplied.map { try applied("platform", $0) },
      reconcile: Fixture.reconcileContext(holdings: Holdings(row.holdings), moves: Moves(moves)),
      movedFrom: try row.movedFrom.map { try applied("old", $0) })
  }

  /// A resource of the inventory, to which the rules of names do not apply.
  private func applied(_ name: String, _ spec: String) throws -> AnyResource {
    guard spec.contains("reserved") else { return try resource(name, spec).map { $0 } }
    var spec = DatabaseSpec()
    (spec.embedded, spec.database) = (EmbeddedServer(), "postgres")
    return Resource.test("Database", name, spec).map { $0 }
  }
}
