internal import Model
internal import Postgres

/// What prices gave at a moment, by the history of all maps.
enum PricesInForce {
  /// Prices that nothing is said about at that moment are missing.
  static func find(
    _ ids: [String], at time: Timestamp, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [String: CheckoutOrder.Price] {
    let rows = try await transaction.query(select, [.textArray(ids), .timestamp(time)])
    var prices: [String: CheckoutOrder.Price] = [:]
    for row in rows {
      prices[try row.text(0)] = CheckoutOrder.Price(
        credits: Credits(micro: try row.int(1)), currency: try row.text(2))
    }
    return prices
  }

  /// In whole seconds, as Stripe tells when a session was made. Where two rows were in force within the same second, the
  /// newer counts.
  private static let select = """
    SELECT DISTINCT ON (price_id) price_id, credits_micro, currency FROM price_map_entries
    WHERE price_id = ANY ($1) AND date_trunc('second', greatest(effective_from, recorded_at)) <= $2
      AND (superseded_at IS NULL OR superseded_at > $2)
    ORDER BY price_id, greatest(effective_from, recorded_at) DESC, id DESC
    """
}
