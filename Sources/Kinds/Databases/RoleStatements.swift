internal import Model
internal import Postgres

/// Quotes identifiers and literals for statements that take no parameters.
enum SQLName {
  static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
  static func literal(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}

/// Statements about roles and their privileges in the schema `public` of one database. Roles get no
/// privileges on the table of migrations.
enum RoleStatements {
  /// $1: names; $2: comments. The roles with one of these names or comments, and their privileges.
  static let observe = String(decoding: PackageResources.observe_roles_sql, as: UTF8.self)

  static func read(_ row: Row) throws(PostgresError) -> ObservedRole {
    let tables = try row.int("tables")
    let changes = [try row.int("inserts"), try row.int("updates"), try row.int("deletes")]
    let later = try row.textArray("later")
    let enters = try row.bool("enters")
    let (selects, more) = (try row.int("selects"), try row.int("more"))
    let usesSequences = try row.int("uses") == row.int("sequences")
    let isRegular = enters && selects == tables && more == 0
    var matches: Set<RoleAccess> = []
    if isRegular, changes.allSatisfy({ $0 == 0 }), later == ["r:SELECT"] { matches.insert(.read) }
    if isRegular, changes.allSatisfy({ $0 == tables }), usesSequences,
      later == ["S:USAGE", "r:DELETE", "r:INSERT", "r:SELECT", "r:UPDATE"]
    {
      matches.insert(.write)
    }
    return ObservedRole(
      name: try row.text("rolname"), owner: OwnerComment.owner(try row.optionalText("mark")),
      canLogin: try row.bool("rolcanlogin"), matches: matches)
  }

  /// $1: a name. The role's comment; no row where the role does not exist.
  static let mark = "SELECT shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = $1"

  static func create(_ name: String, _ login: Bool, _ mark: String) -> String {
    """
    CREATE ROLE \(SQLName.quoted(name)) \(login ? "LOGIN" : "NOLOGIN");
    \(comment(name, mark));
    """
  }

  static func comment(_ name: String, _ mark: String) -> String {
    "COMMENT ON ROLE \(SQLName.quoted(name)) IS \(SQLName.literal(mark))"
  }

  static func login(_ name: String, _ login: Bool) -> String {
    "ALTER ROLE \(SQLName.quoted(name)) \(login ? "LOGIN" : "NOLOGIN")"
  }

  static func grant(_ access: RoleAccess, to name: String) -> String {
    let role = SQLName.quoted(name)
    let rights = access == .read ? "SELECT" : "SELECT, INSERT, UPDATE, DELETE"
    var statements = [
      "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM \(role)",
      "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM \(role)",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM \(role)",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM \(role)",
      "GRANT USAGE ON SCHEMA public TO \(role)",
      "GRANT \(rights) ON ALL TABLES IN SCHEMA public TO \(role)",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT \(rights) ON TABLES TO \(role)",
      """
      DO $$ BEGIN
        IF to_regclass('public.schema_migrations') IS NOT NULL THEN
          EXECUTE format('REVOKE ALL ON public.schema_migrations FROM %I', \(SQLName.literal(name)));
        END IF;
      END $$
      """,
    ]
    if access == .write {
      statements += [
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO \(role)",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO \(role)",
      ]
    }
    return statements.joined(separator: ";\n")
  }

  static func drop(_ name: String) -> String {
    let role = SQLName.quoted(name)
    return "REASSIGN OWNED BY \(role) TO CURRENT_USER; DROP OWNED BY \(role); DROP ROLE \(role)"
  }
}
