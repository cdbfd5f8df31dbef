-- Every resource of every inventory, and when the revision was recorded that it was applied for.
SELECT inventory.environment, inventory.resource, revisions.created_at
FROM inventory LEFT JOIN revisions
  ON revisions.environment = inventory.environment AND revisions.number = inventory.revision
