ALTER TABLE journal ADD COLUMN fields text NOT NULL DEFAULT '[]';
CREATE TABLE audit_heads (
  environment text PRIMARY KEY,
  count bigint NOT NULL,
  hash text NOT NULL
);
CREATE TABLE audit (
  environment text NOT NULL,
  sequence bigint NOT NULL,
  entry text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (environment, sequence)
);
CREATE INDEX audit_resource ON audit (environment, (entry::json ->> 'resource'), sequence DESC);

CREATE FUNCTION audit_append(of_environment text, entries text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  head audit_heads;
  next_hash text;
  hashes text[] := '{}';
  entry text;
BEGIN
  INSERT INTO audit_heads VALUES (of_environment, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
  SELECT * INTO head FROM audit_heads WHERE environment = of_environment FOR UPDATE;
  next_hash := head.hash;
  FOREACH entry IN ARRAY entries LOOP
    next_hash := encode(sha256(convert_to(next_hash || entry, 'UTF8')), 'hex');
    hashes := hashes || next_hash;
  END LOOP;
  INSERT INTO audit (environment, sequence, entry, hash)
  SELECT of_environment, head.count + given.place, given.entry, given.hash
  FROM unnest(entries, hashes) WITH ORDINALITY AS given (entry, hash, place);
  UPDATE audit_heads SET count = head.count + cardinality(entries), hash = next_hash
  WHERE environment = of_environment;
END $$;

CREATE FUNCTION audit_time(moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT '"' || rtrim(rtrim(
    to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z"'
$$;

CREATE FUNCTION audit_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  chain record;
BEGIN
  FOR chain IN
    SELECT step.environment, array_agg('{' || concat_ws(',',
        '"action":' || to_json(step.action), '"actor":' || to_json(revision.actor),
        '"at":' || audit_time(step.outcome_at),
        '"commit":' || to_json(revision.commit), '"diff":' || step.fields, '"error":' || to_json(step.error),
        '"outcome":' || to_json(step.outcome), '"reason":' || to_json(step.reason),
        '"resource":' || to_json(step.resource), '"revision":' || step.revision,
        '"summary":' || to_json(step.summary)) || '}' ORDER BY step.outcome_at, step.sequence) AS entries
    FROM new_steps AS step JOIN old_steps AS former ON former.sequence = step.sequence
    LEFT JOIN revisions AS revision
      ON revision.environment = step.environment AND revision.number = step.revision
    WHERE step.outcome IS DISTINCT FROM former.outcome
    GROUP BY step.environment ORDER BY step.environment
  LOOP
    PERFORM audit_append(chain.environment, chain.entries);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_steps AFTER UPDATE ON journal
  REFERENCING OLD TABLE AS old_steps NEW TABLE AS new_steps
  FOR EACH STATEMENT EXECUTE FUNCTION audit_steps();

CREATE FUNCTION audit_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM audit_append(NEW.environment, ARRAY['{' || concat_ws(',',
    '"action":' || CASE WHEN NEW.lifted_at IS NULL THEN '"quarantine"' ELSE '"lift"' END,
    '"actor":' || to_json(coalesce(NEW.lifted_by, NEW.actor)),
    '"at":' || audit_time(coalesce(NEW.lifted_at, NEW.at)),
    '"diff":[{"path":"manifests","to":"sha256:' || NEW.manifest_digest || '"}]', '"outcome":"done"',
    '"reason":' || to_json(NEW.reason), '"revision":' || NEW.revision,
    '"summary":"' || CASE WHEN NEW.lifted_at IS NULL THEN '' ELSE 'no longer ' END || 'hold back manifests"'
  ) || '}']);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_quarantine AFTER INSERT OR UPDATE ON quarantine
  FOR EACH ROW EXECUTE FUNCTION audit_quarantine();
