package import KindSupport
internal import Model
package import Postgres

/// What Stripe's prices give in credits, and who got them (seeds: Financial & Incentive Flows). One kind: `PriceMap`.
///
/// Entry file: `PriceMapSpec.swift`. The prices live in a declared `Database`, in `price_map_entries`, as history: a
/// change supersedes the current row and opens another, a removal supersedes only, nothing is overwritten. A row is
/// current while `superseded_at` is NULL, and in force from the later of `effective_from` and `recorded_at` until
/// `superseded_at`; a Price ID is current in one map at most, which a unique index holds. `PriceMapStore.swift` has
/// every statement: ten thousand maps are read by one query, a change of one map is one statement.
///
/// `StripeWebhook.swift` takes Stripe's events while the room runs: the signature is proved, then `BillingStore` does what
/// the event tells, in one transaction with the ledger's entries. What cannot be done is a `DeadLetter`, which an operator
/// replays or dismisses. `BillingDatabaseName.swift` says in which database all that is, `EnvironmentPrices.swift` is the other source
/// of prices, `PriceCheck.swift` asks Stripe about them.
///
/// Must not import a container driver or another room but `Ledger`. Tested in `Tests/BillingTests`: planner tables, a property over
/// generated maps, the backend against a real server, the webhook over a real socket with a stand-in for Stripe, and a
/// property over deliveries in any order.
package enum Billing {
  /// - Parameters:
  ///   - connector: leads from what a `Database` offers to connections.
  ///   - environmentPrices: prices that the process was started with.
  ///   - clients: leads to Stripe, for maps that check their prices.
  package static func kinds(
    connector: DatabaseConnector, environmentPrices: EnvironmentPrices, clients: @escaping PriceCheck.Clients
  ) -> [Kind] {
    let backend = PriceMapBackend(environmentPrices: environmentPrices, check: PriceCheck(clients: clients)) {
      address throws(PostgresError) in try await connector.pool(for: address)
    }
    let importing = PriceMapImport { address throws(PostgresError) in try await connector.pool(for: address) }
    return [
      Kind(
        PriceMapSpec.self, planner: PriceMapPlanner(), backend: backend,
        importing: { await importing.find($0, $1) }, export: PriceMapExport.export)
    ]
  }

  /// The tables of prices, for the databases that `PriceMap` names. Numbered together with the other rooms' migrations
  /// of the same databases.
  package static let migrations = [
    Migrations.Migration(number: 1, name: "price-map-entries", sql: priceMapEntries),
    Migrations.Migration(number: 3, name: "billing", sql: BillingSchema.tables),
    Migrations.Migration(number: 4, name: "billing-modes", sql: BillingSchema.modes),
  ]

  private static let priceMapEntries = """
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
    """
}
