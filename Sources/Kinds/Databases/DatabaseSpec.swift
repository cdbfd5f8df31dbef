package import Manifests
package import Model

/// A PostgreSQL database in the controller's private server or in an external one.
package struct DatabaseSpec: ManifestSpec {
  package static let kind = "Database"

  package var embedded: EmbeddedServer?
  package var external: ExternalServer?
  /// Its name in the embedded server; nil: the resource's name.
  package var database: String?
  package var schema = SchemaTarget.latest
  package var roles: [RoleSpec] = []

  package init() {}

  package static let fields = Fields<Self>("A PostgreSQL database, its schema and its roles") {
    Field("embedded", \.embedded, "A database in the controller's private server; write `{}`")
    Field("external", \.external, "A database on an external server")
    Field(
      "database", \.database, "Its name in the embedded server; default: the resource's name",
      .present(DatabaseSpec.databaseName))
    Field("schema", \.schema, "The newest migration to apply: `latest` or a number")
    Field("roles", \.roles, "Roles of the server that may use the database")
  }

  package func validate(_ report: inout FieldReport) {
    switch (embedded, external) {
    case (nil, nil):
      report.error(
        at: "", "the database needs a server",
        hint: "write `embedded: {}`, or `external: {url: {env: POSTGRES_URL}}`")
    case (.some, .some):
      report.error(
        at: "external", "a database has one server, either `embedded` or `external`", hint: "keep one")
    default: break
    }
    if external != nil, database != nil {
      report.error(at: "database", "an external database is named by its URL", hint: "remove the field")
    }
    var names: Set<String> = []
    for (index, role) in roles.enumerated() where !names.insert(role.name).inserted {
      report.error(at: "roles[\(index)].name", "role \(role.name) is declared twice", hint: "keep one")
    }
  }

  package func validate(named name: String, _ report: inout FieldReport) {
    guard embedded != nil, database == nil, DatabaseNames.isReserved(name) else { return }
    report.error(
      at: "metadata.name", "a Database must not be ‘\(name)’, which the server reserves",
      hint: "choose another name, or write `spec.database`")
  }

  /// The address of the resource's database.
  package func address(of id: ResourceID) -> DatabaseAddress {
    if let external { return .external(url: external.url) }
    return .embedded(database: database(of: id))
  }

  /// The database's name.
  func database(of id: ResourceID) -> String { database ?? id.name }

  static func text(_ address: DatabaseAddress) -> String {
    switch address {
    case .embedded(let name): "database \(name)"
    case .external(let url): "the database of \(url)"
    }
  }

  static var databaseName: FieldRule<String> {
    .rule("a PostgreSQL name that the controller does not use itself") {
      DatabaseNames.problem(database: $0)
    }
  }
}

/// The private server needs no settings; the field's presence is the choice.
package struct EmbeddedServer: ManifestObject {
  package init() {}
  package static let fields = Fields<Self>("The controller's private server") {}
}

package struct ExternalServer: ManifestObject {
  package var url = SecretReference.environment("POSTGRES_URL")
  package init() {}
  package static let fields = Fields<Self>("An external server") {
    Field("url", \.url, "The secret reference of its libpq URL, which may contain a password", .required)
  }
}

/// The privileges of a role in the database.
package enum RoleAccess: String, ManifestWord, Codable {
  case read, write
  package var meaning: String {
    switch self {
    case .read: "reads every table"
    case .write: "reads and changes the rows of every table"
    }
  }
}

package struct RoleSpec: ManifestObject {
  package var name = ""
  package var access = RoleAccess.read
  package var login = true

  package init() {}

  package static let fields = Fields<Self>("A role that may use the database") {
    Field(
      "name", \.name, "The role's name in the server", .required,
      .rule("a name that PostgreSQL does not reserve") { DatabaseNames.problem(role: $0) })
    Field("access", \.access, "The role's privileges on the tables")
    Field("login", \.login, "Whether the role may log in")
  }
}

/// The newest migration to apply.
package enum SchemaTarget: Hashable, Sendable, ManifestText {
  case latest
  case number(Int)

  package init?(manifestText: String) {
    if manifestText == "latest" {
      self = .latest
    } else if let number = Int(manifestText), number > 0 {
      self = .number(number)
    } else {
      return nil
    }
  }

  /// Nil for the latest.
  package var number: Int? { if case .number(let number) = self { number } else { nil } }

  package var manifestText: String { number.map { String($0) } ?? "latest" }
  package var manifestValue: Value? { number.map { .integer(Int64($0)) } ?? .string("latest") }
  package static var expectation: String { "`latest` or the number of a migration" }
  package static var examples: [String] { ["latest", "3"] }
  package static var pattern: String? { "^(latest|[1-9][0-9]*)$" }
}
