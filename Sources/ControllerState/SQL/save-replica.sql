-- Creates the membership of a replica, or renews it.
INSERT INTO replicas (environment, name, role, host, process, is_exclusive, joined, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (environment, name) DO UPDATE SET expires_at = EXCLUDED.expires_at
