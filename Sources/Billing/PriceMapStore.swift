internal import Model
package import Postgres

/// The table `price_map_entries`.
package struct PriceMapStore: Sendable {
  private let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// Whether an error of a statement proves that no price was ever recorded.
  func provesAbsence(_ error: PostgresError) async -> Bool {
    await error.provesAbsence(of: "price_map_entries", in: pool)
  }

  /// The current entries by map, each list sorted by Price ID.
  /// - Parameters:
  ///   - maps: Limits the result to these maps and those that have one of `prices`; nil for all maps.
  func current(
    maps: [String]?, prices: [String]
  ) async throws(PostgresError) -> [String: [PriceEntry]] {
    let rows: Rows
    if let maps {
      rows = try await pool.query(PriceMapStore.selectSome, [.textArray(maps), .textArray(prices)])
    } else {
      rows = try await pool.query(PriceMapStore.selectAll)
    }
    var entries: [String: [PriceEntry]] = [:]
    for row in rows {
      let entry = PriceEntry(
        try row.text("price_id"), credits: Credits(micro: try row.int("credits_micro")),
        amountTenThousandths: try row.optionalInt("amount_tenthousandths"),
        currency: try row.text("currency"),
        effective: try row.optionalTimestamp("effective_from"))
      entries[try row.text("map"), default: []].append(entry)
    }
    return entries.mapValues { $0.count > 1 ? $0.sorted(by: <) : $0 }
  }

  /// Supersedes and opens entries in one transaction and one round trip. Equal current entries stay. All of
  /// `entries` have the same currency and effective time, as those of a manifest.
  func write(_ entries: [PriceEntry], close: [String], in map: String) async throws(PostgresError) {
    _ = try await pool.query(
      BillingSQL.writePrices,
      [
        .text(map), .textArray(entries.map(\.priceID)), .intArray(entries.map(\.credits.micro)),
        .array(entries.map { .optional($0.amountTenThousandths, SQLValue.int) }),
        .optional(entries.first?.currency, SQLValue.text),
        .optional(entries.first?.effective, SQLValue.timestamp), .textArray(close),
      ])
  }

  /// Gives a map another name, with its history. The prices stay in force.
  func rename(_ former: String, to map: String) async throws(PostgresError) {
    try await pool.query(
      "UPDATE price_map_entries SET map = $2 WHERE map = $1", [.text(former), .text(map)])
  }

  /// One of `prices` that is current in a map other than `map`, with that map.
  func holder(of prices: [String], otherThan map: String) async throws(PostgresError)
    -> (price: String, map: String)?
  {
    let rows = try await pool.query(PriceMapStore.selectHolder, [.textArray(prices), .text(map)])
    guard let row = rows.first else { return nil }
    return (try row.text("price_id"), try row.text("map"))
  }
}

// MARK: - Statements

extension PriceMapStore {
  private static let columns = "map, price_id, credits_micro, amount_tenthousandths, currency, effective_from"

  private static let selectAll = "SELECT \(columns) FROM price_map_entries WHERE superseded_at IS NULL"

  private static let selectSome = """
    SELECT \(columns) FROM price_map_entries
    WHERE superseded_at IS NULL AND (map = ANY ($1) OR price_id = ANY ($2))
    """

  private static let selectHolder = """
    SELECT price_id, map FROM price_map_entries
    WHERE superseded_at IS NULL AND price_id = ANY ($1) AND map <> $2 ORDER BY price_id LIMIT 1
    """
}
