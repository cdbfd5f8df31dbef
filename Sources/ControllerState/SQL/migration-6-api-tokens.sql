CREATE TABLE api_tokens (
  name text PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'creator', 'node', 'admin')),
  -- The account of a creator, the node of a node.
  subject text,
  hash text NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  -- To the hour.
  last_used_at timestamptz,
  CHECK ((subject IS NOT NULL) = (role IN ('creator', 'node')))
);
