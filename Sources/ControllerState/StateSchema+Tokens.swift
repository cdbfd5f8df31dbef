extension StateSchema {
  /// Number 6: who may ask the API for what. A token's text is nowhere: `hash` is its SHA-256 in hexadecimal digits. Names
  /// stay taken, so that a name in a log means one token for ever.
  package static let tokens = """
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
    """
}
