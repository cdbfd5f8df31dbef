CREATE TABLE replicas (
  environment text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  host text NOT NULL,
  process text,
  is_exclusive boolean NOT NULL,
  joined bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (environment, name)
);
CREATE TABLE leases (
  environment text NOT NULL,
  key_range int NOT NULL CHECK (key_range >= 0),
  holder text,
  token bigint NOT NULL CHECK (token >= 0),
  since timestamptz NOT NULL,
  PRIMARY KEY (environment, key_range)
);
ALTER TABLE journal ADD COLUMN key_range int, ADD COLUMN token bigint;
CREATE FUNCTION require_leases(wanted text, ranges int[], tokens bigint[], pass_revision bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  late record;
  newest bigint;
BEGIN
  PERFORM FROM leases WHERE environment = wanted AND key_range = ANY (ranges) ORDER BY key_range FOR SHARE;
  SELECT given.key_range, leases.holder INTO late
  FROM unnest(ranges, tokens) AS given (key_range, token)
    LEFT JOIN leases ON leases.environment = wanted AND leases.key_range = given.key_range
  WHERE leases.token IS DISTINCT FROM given.token OR leases.holder IS NULL
  ORDER BY given.key_range LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'RTL01', MESSAGE = late.key_range || ' ' || coalesce(late.holder, '');
  END IF;
  IF pass_revision IS NOT NULL THEN
    SELECT max(number) INTO newest FROM revisions WHERE environment = wanted;
    IF newest > pass_revision THEN
      RAISE EXCEPTION USING ERRCODE = 'RTL02', MESSAGE = pass_revision || ' ' || newest;
    END IF;
  END IF;
END
$$;
