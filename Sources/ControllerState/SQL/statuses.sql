-- The statuses of resources.
SELECT resource, revision, mode, failures, next_attempt, conditions
FROM resource_status WHERE {condition}
