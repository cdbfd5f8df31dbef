-- The digests of the resources in the inventory.
SELECT resource, document_digest, applied_digest IS NOT DISTINCT FROM document_digest AS is_applied
FROM inventory WHERE {condition}
