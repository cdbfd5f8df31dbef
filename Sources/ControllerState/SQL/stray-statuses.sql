-- The resources that have a status and are not in the inventory.
-- $1 environment
SELECT resource FROM resource_status s
WHERE environment = $1
  AND NOT EXISTS (SELECT FROM inventory i WHERE i.environment = s.environment AND i.resource = s.resource)
