-- The environments that are listed.
SELECT environment FROM (
  SELECT environment, max(number) AS newest FROM revisions GROUP BY environment
  UNION ALL
  SELECT DISTINCT environment, NULL::bigint FROM inventory
) AS found
LEFT JOIN forgotten_environments AS forgotten USING (environment)
WHERE forgotten.environment IS NULL OR found.newest IS NULL OR found.newest > forgotten.newest_revision
GROUP BY environment ORDER BY environment
