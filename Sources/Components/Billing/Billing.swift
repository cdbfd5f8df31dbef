package import Component
package import Postgres

/// What Stripe's prices give in credits (seeds: Financial & Incentive Flows). One kind: `PriceMap`.
///
/// Entry file: `PriceMapSpec.swift`. The prices live in a declared `Database`, in `price_map_entries`, as history: a
/// change supersedes the current row and opens another, a removal supersedes only, nothing is overwritten. A row is
/// current while `superseded_at` is NULL, and in force from the later of `effective_from` and `recorded_at` until
/// `superseded_at`; a Price ID is current in one map at most, which a unique index holds. `PriceMapStore.swift` has
/// every statement: ten thousand maps are read by one query, a change of one map is one statement.
///
/// Must not import a container driver or another room. Tested in `Tests/BillingTests`: planner tables, a property over
/// generated maps, and the backend against a real server.
package enum Billing {
  /// - `connector`: leads from what a `Database` offers to connections.
  package static func kinds(connector: DatabaseConnector) -> [Kind] {
    [
      Kind(
        PriceMapSpec.self, planner: PriceMapPlanner(), backend: PriceMapBackend(connector: connector))
    ]
  }
}
