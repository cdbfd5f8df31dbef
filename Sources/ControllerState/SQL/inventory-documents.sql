-- The documents of some resources in the inventory.
-- $1 environment, $2 resources
SELECT resource, document_digest, applied_digest, document FROM inventory
WHERE environment = $1 AND resource = ANY ($2)
