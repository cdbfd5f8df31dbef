-- Writes what manifests declare of modules, and restores retired ones. $9, $10: JSON.
INSERT INTO scheduler_modules (name, job_type, image, developer, gpu_memory, cores, memory, is_rootless,
  labels, nodes, price_micro, unit)
SELECT name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels::jsonb,
  ARRAY(SELECT jsonb_array_elements_text(nodes::jsonb)), price, unit
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bool[], $9::text[], $10::text[], $11::bigint[], $12::text[])
  AS declared (name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, nodes, price,
    unit)
ORDER BY name
ON CONFLICT (name) DO UPDATE SET job_type = excluded.job_type, image = excluded.image,
  developer = excluded.developer, gpu_memory = excluded.gpu_memory, cores = excluded.cores,
  memory = excluded.memory, is_rootless = excluded.is_rootless, labels = excluded.labels,
  nodes = excluded.nodes, price_micro = excluded.price_micro, unit = excluded.unit, retired_at = NULL
