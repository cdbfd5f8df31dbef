internal import Model
package import Postgres

/// The table `price_map_entries`, one statement per purpose.
package struct PriceMapStore: Sendable {
  private let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// The current entries by map, each list sorted by Price ID. With `maps`, of these maps and of whatever map holds one
  /// of `prices`; else of all.
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
        try row.text(1), credits: Credits(micro: try row.int(2)),
        amountTenThousandths: try row.optionalInt(3), currency: try row.text(4),
        effective: try row.optionalTimestamp(5))
      entries[try row.text(0), default: []].append(entry)
    }
    return entries.mapValues { $0.count > 1 ? $0.sorted(by: <) : $0 }
  }

  /// Supersedes and opens entries in one transaction and one round trip. Entries that are current already are left
  /// alone. `entries` share currency and effective time, as a manifest's do.
  func write(_ entries: [PriceEntry], close: [String], in map: String) async throws(PostgresError) {
    _ = try await pool.query(
      PriceMapStore.write,
      [
        .text(map), .textArray(entries.map(\.priceID)), .intArray(entries.map(\.credits.micro)),
        .array(entries.map { .optional($0.amountTenThousandths, SQLValue.int) }),
        .optional(entries.first?.currency, SQLValue.text),
        .optional(entries.first?.effective, SQLValue.timestamp), .textArray(close),
      ])
  }

  /// One of `prices` that is current in another map than `map`, with that map.
  func holder(of prices: [String], otherThan map: String) async throws(PostgresError)
    -> (price: String, map: String)?
  {
    let rows = try await pool.query(PriceMapStore.selectHolder, [.textArray(prices), .text(map)])
    guard let row = rows.first else { return nil }
    return (try row.text(0), try row.text(1))
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

  /// An entry stays in force until its successor's effective time; one that never took force is closed as an empty
  /// span. The insertion counts `closed`, so that it begins only after every predecessor was superseded.
  private static let write = """
    WITH wanted AS (
      SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[])
        AS w (price_id, credits_micro, amount_tenthousandths)
    ), changed AS (
      SELECT w.* FROM wanted w
      LEFT JOIN price_map_entries e ON e.map = $1 AND e.price_id = w.price_id AND e.superseded_at IS NULL
      WHERE e.id IS NULL
        OR (e.credits_micro, e.amount_tenthousandths, e.currency, e.effective_from)
          IS DISTINCT FROM (w.credits_micro, w.amount_tenthousandths, $5::text, $6::timestamptz)
    ), leaving AS (
      SELECT price_id, $6::timestamptz AS since FROM changed
      UNION ALL
      SELECT c.price_id, NULL FROM unnest($7::text[]) AS c (price_id)
    ), closed AS (
      UPDATE price_map_entries e
      SET superseded_at = CASE
        WHEN greatest(e.effective_from, e.recorded_at) > now() THEN greatest(e.effective_from, e.recorded_at)
        ELSE greatest(now(), l.since)
      END
      FROM leaving l
      WHERE e.map = $1 AND e.price_id = l.price_id AND (e.superseded_at IS NULL OR e.superseded_at > now())
      RETURNING 1
    )
    INSERT INTO price_map_entries (map, price_id, credits_micro, amount_tenthousandths, currency, effective_from)
    SELECT $1, price_id, credits_micro, amount_tenthousandths, $5, $6 FROM changed
    WHERE (SELECT count(*) FROM closed) >= 0
    ORDER BY price_id
    """
}
