-- Stores which data resources hold.
-- $1 environment, $2..$4 one array for each column, $5 whether resources that are not in the inventory count
INSERT INTO data_identities (environment, resource, id, head)
SELECT $1, resource, id, head FROM unnest($2::text[], $3::text[], $4::text[]) AS given (resource, id, head)
WHERE $5::boolean OR EXISTS (SELECT FROM inventory i WHERE i.environment = $1 AND i.resource = given.resource)
ON CONFLICT (environment, resource) DO UPDATE SET id = EXCLUDED.id, head = EXCLUDED.head
