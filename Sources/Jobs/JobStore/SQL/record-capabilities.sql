-- What workers can do, for nodes that have a row. $1: ids of nodes; $3, $4: JSON arrays of texts; $4 NULL:
-- every job type.
UPDATE scheduler_heartbeats h SET can_pull = u.pulls,
  images = ARRAY (SELECT jsonb_array_elements_text(u.images::jsonb)),
  job_types = CASE
    WHEN u.types IS NULL THEN NULL
    ELSE ARRAY (SELECT jsonb_array_elements_text(u.types::jsonb))
  END
FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[]) u (node, pulls, images, types)
WHERE h.node = u.node
