-- Which data resources held when they were last observed in order. See `DataIdentity`.
CREATE TABLE data_identities (
  environment text NOT NULL,
  resource text NOT NULL,
  id text NOT NULL,
  -- The newest record. NULL while there are no records.
  head text,
  PRIMARY KEY (environment, resource)
);
