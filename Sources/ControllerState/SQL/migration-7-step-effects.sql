-- Whether a step that was not done may still take effect. NULL for steps that run or were done.
ALTER TABLE journal ADD COLUMN effect text CHECK (effect IN ('settled', 'uncertain'));

-- Before this column, the end of the message of a failed step stated that it may still take effect.
UPDATE journal SET effect = CASE
  WHEN outcome = 'failed' AND (error IS NULL OR error NOT LIKE '%; it may still take effect') THEN 'settled'
  ELSE 'uncertain' END
WHERE outcome IN ('failed', 'interrupted', 'superseded');

-- Before the member `waitsFor`, only the message of a condition named the resources that it waits for.
UPDATE resource_status SET conditions = (
  SELECT json_agg(
    CASE
      WHEN condition ->> 'type' = 'Blocked' AND condition ->> 'status' = 'true' AND named.ids IS NOT NULL
        AND condition ->> 'reason' IN ('DependencyNotReady', 'Waiting')
      THEN condition || jsonb_build_object('waitsFor', named.ids)
      ELSE condition
    END ORDER BY position)::text
  FROM jsonb_array_elements(conditions::jsonb) WITH ORDINALITY AS given (condition, position),
    LATERAL (
      SELECT jsonb_agg(rtrim(word[1], '.') ORDER BY index) AS ids
      FROM regexp_matches(condition ->> 'message', '[A-Z][[:alnum:]]*/[[:alnum:]._-]+', 'g')
        WITH ORDINALITY AS matches (word, index)
    ) AS named)
WHERE conditions LIKE '%"reason":"DependencyNotReady"%' OR conditions LIKE '%"reason":"Waiting"%';
