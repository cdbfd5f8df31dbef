-- Records that the day $1 was written to the destination $2: $3, $4: the numbers of entries and usage events;
-- $5: the checksum of the manifest.
INSERT INTO ledger_exports (day, destination, entries, usage, manifest_sha256)
VALUES ($1::date, $2, $3, $4, $5)
ON CONFLICT (day, destination) DO UPDATE SET entries = excluded.entries, usage = excluded.usage,
  manifest_sha256 = excluded.manifest_sha256, exported_at = now()
WHERE ledger_exports.manifest_sha256 <> excluded.manifest_sha256
