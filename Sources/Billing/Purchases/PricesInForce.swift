internal import Model
internal import Postgres

/// The prices at a time, from the history of all maps.
enum PricesInForce {
  /// The prices in force, by id. A price that no map had at that time is missing.
  static func find(
    _ ids: [String], at time: Timestamp, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [String: CheckoutOrder.Price] {
    let rows = try await transaction.query(BillingSQL.pricesInForce, [.textArray(ids), .timestamp(time)])
    var prices: [String: CheckoutOrder.Price] = [:]
    for row in rows {
      prices[try row.text("price_id")] = CheckoutOrder.Price(
        credits: Credits(micro: try row.int("credits_micro")), currency: try row.text("currency"))
    }
    return prices
  }
}
