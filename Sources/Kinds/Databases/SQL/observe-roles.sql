-- Roles with a name in $1 or with a comment in $2, and their privileges in the schema `public` of the current
-- database. `later` lists the default privileges as `object type:privilege`.
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
WHERE r.rolname = ANY ($1) OR shobj_description(r.oid, 'pg_authid') = ANY ($2)
ORDER BY r.rolname
