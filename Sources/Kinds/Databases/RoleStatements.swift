internal import Model
internal import Postgres

/// Names of PostgreSQL inside statements that take no parameters.
enum SQLName {
  static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
  static func literal(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}

/// The comment by which a role is known to belong to a resource of a controller.
enum RoleMark {
  private static let word = "rendertrust"

  static func comment(_ id: ResourceID, _ owner: String) -> String { "\(word) \(owner) \(id)" }

  /// Nil for a comment of anybody else.
  static func resource(_ comment: String?, _ owner: String) -> ResourceID? {
    guard let comment, comment.hasPrefix("\(word) \(owner) ") else { return nil }
    return ResourceID(comment.dropFirst(word.count + owner.count + 2))
  }
}

/// Statements about roles and their privileges in the schema `public` of one database. The table of migrations is the
/// controller's alone.
enum RoleStatements {
  /// $1: names; $2: a mark. Roles of these names or with this mark, and what they may do.
  static let observe = """
    WITH relations AS (
      SELECT c.oid, c.relkind = 'S' AS is_sequence FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
        AND c.relname <> 'schema_migrations'
    )
    SELECT r.rolname, r.rolcanlogin, shobj_description(r.oid, 'pg_authid') AS mark,
      has_schema_privilege(r.oid, 'public', 'USAGE') AS enters, t.*, s.*,
      ARRAY(
        SELECT DISTINCT d.defaclobjtype::text || ':' || a.privilege_type FROM pg_default_acl d
        JOIN pg_namespace n ON n.oid = d.defaclnamespace AND n.nspname = 'public'
        CROSS JOIN LATERAL aclexplode(d.defaclacl) a
        WHERE a.grantee = r.oid ORDER BY 1
      )::text[] AS later
    FROM pg_roles r
    CROSS JOIN LATERAL (
      SELECT count(*) AS tables,
        count(*) FILTER (WHERE has_table_privilege(r.oid, oid, 'SELECT')) AS selects,
        count(*) FILTER (WHERE has_table_privilege(r.oid, oid, 'INSERT')) AS inserts,
        count(*) FILTER (WHERE has_table_privilege(r.oid, oid, 'UPDATE')) AS updates,
        count(*) FILTER (WHERE has_table_privilege(r.oid, oid, 'DELETE')) AS deletes,
        count(*) FILTER (WHERE has_table_privilege(r.oid, oid, 'TRUNCATE, REFERENCES, TRIGGER')) AS more
      FROM relations WHERE NOT is_sequence
    ) t
    CROSS JOIN LATERAL (
      SELECT count(*) AS sequences,
        count(*) FILTER (WHERE has_sequence_privilege(r.oid, oid, 'USAGE')) AS uses
      FROM relations WHERE is_sequence
    ) s
    WHERE r.rolname = ANY ($1) OR shobj_description(r.oid, 'pg_authid') = $2
    ORDER BY r.rolname
    """

  static func read(_ row: Row, owner: String) throws(PostgresError) -> ObservedRole {
    let tables = try row.int("tables")
    let changes = [try row.int("inserts"), try row.int("updates"), try row.int("deletes")]
    let later = try row.textArray("later")
    let enters = try row.bool("enters")
    let (selects, more) = (try row.int("selects"), try row.int("more"))
    let usesSequences = try row.int("uses") == row.int("sequences")
    let isUsual = enters && selects == tables && more == 0
    var fits: Set<RoleAccess> = []
    if isUsual, changes.allSatisfy({ $0 == 0 }), later == ["r:SELECT"] { fits.insert(.read) }
    if isUsual, changes.allSatisfy({ $0 == tables }), usesSequences,
      later == ["S:USAGE", "r:DELETE", "r:INSERT", "r:SELECT", "r:UPDATE"]
    {
      fits.insert(.write)
    }
    return ObservedRole(
      name: try row.text("rolname"), madeBy: RoleMark.resource(try row.optionalText("mark"), owner),
      canLogin: try row.bool("rolcanlogin"), fits: fits)
  }

  /// $1: a name. The role's comment; no row where there is no role.
  static let mark = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1"

  static func create(_ name: String, _ login: Bool, _ mark: String) -> String {
    """
    CREATE ROLE \(SQLName.quoted(name)) \(login ? "LOGIN" : "NOLOGIN");
    COMMENT ON ROLE \(SQLName.quoted(name)) IS \(SQLName.literal(mark));
    """
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
