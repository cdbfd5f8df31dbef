CREATE TABLE price_map_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  map text NOT NULL,
  price_id text NOT NULL,
  credits_micro bigint NOT NULL CHECK (credits_micro > 0),
  amount_tenthousandths bigint CHECK (amount_tenthousandths >= 0),
  currency text NOT NULL,
  effective_from timestamptz,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  superseded_at timestamptz CHECK (superseded_at >= recorded_at)
);
COMMENT ON TABLE price_map_entries IS
  'History of prices: current while superseded_at is null; in force from the later of effective_from and'
  ' recorded_at until superseded_at';
CREATE UNIQUE INDEX price_map_entries_current ON price_map_entries (price_id)
  WHERE superseded_at IS NULL;
CREATE INDEX price_map_entries_of_map ON price_map_entries (map, price_id) WHERE superseded_at IS NULL;
CREATE INDEX price_map_entries_history ON price_map_entries (map, price_id, recorded_at);
