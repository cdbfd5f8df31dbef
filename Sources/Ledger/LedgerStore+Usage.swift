package import Model
package import Postgres

/// From what was used to what is paid: events are recorded at once and settled in batches, each by the rules that its
/// hold was made under.
extension LedgerStore {
  /// Records events; one whose attempt is recorded already is left as it is.
  /// - Throws: `PostgresError` where the account or hold is not there; then none is recorded.
  package func record(_ events: [UsageEvent], at time: Timestamp? = nil) async throws(PostgresError) {
    guard !events.isEmpty else { return }
    _ = try await pool.pipeline([LedgerStore.recording(events, at: time)])
  }

  /// The same as a statement. What is for a node's owner or a developer who has no account, or none any longer, is for the
  /// platform.
  package static func recording(_ events: [UsageEvent], at time: Timestamp? = nil) -> Statement {
    Statement(
      """
      INSERT INTO usage_events (attempt, job, module, account, hold, node_account, developer_account, gpu_ms, cpu_ms,
        price_micro, recorded_at)
      SELECT u.attempt, u.job, u.module, (SELECT id FROM accounts WHERE name = u.account), u.hold,
        coalesce((SELECT id FROM accounts WHERE name = u.node), p.id),
        coalesce((SELECT id FROM accounts WHERE name = u.developer), p.id), u.gpu, u.cpu,
        u.price, coalesce($1::timestamptz, now())
      FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[],
        $10::bigint[], $11::bigint[]) u (attempt, job, module, account, hold, node, developer, gpu, cpu, price)
      LEFT JOIN (
        SELECT a.id FROM ledger_rules r JOIN accounts a ON a.name = r.platform ORDER BY r.version DESC LIMIT 1
      ) p ON true
      ORDER BY u.attempt
      ON CONFLICT (attempt) DO NOTHING
      """,
      [
        .optional(time, SQLValue.timestamp), .textArray(events.map(\.attempt)), .textArray(events.map(\.job)),
        .textArray(events.map(\.module)), .textArray(events.map(\.account)), .intArray(events.map(\.hold)),
        .textArray(events.map(\.node)), .textArray(events.map(\.developer)),
        .intArray(events.map(\.usage.gpu)), .intArray(events.map(\.usage.cpu)),
        .intArray(events.map(\.price.micro)),
      ])
  }

  /// What settling came to.
  package struct Settlement: Hashable, Sendable {
    package var settled = 0
    /// Attempts whose hold could not pay, and why.
    package var refused: [String: LedgerError.Code] = [:]
  }

  /// Pays for recorded events, oldest first, `most` at a time: captures the hold and gives node, developer and platform
  /// their parts. Several may settle at once; each event is settled by one of them.
  package func settle(most: Int = 256, at time: Timestamp? = nil) async throws(PostgresError) -> Settlement {
    try await pool.transaction { transaction throws(PostgresError) in
      let rows = try await transaction.query(LedgerStore.unsettled, [.int(Int64(most))])
      var rules: [Int64: LedgerRules] = [:]
      for row in try await transaction.query(LedgerStore.rulesOfHolds, [.intArray(try rows.integers(6))]) {
        let found = try LedgerRules(row)
        rules[found.version] = found
      }
      var (calls, events): ([LedgerCall], [(id: Int64, attempt: String)]) = ([], [])
      for row in rows {
        let payer = try row.text(2)
        let price = Credits(micro: try row.int(9))
        let usage = LedgerRules.Usage(gpu: try row.int(7), cpu: try row.int(8))
        let version = try row.optionalInt(6)
        let attempt = try row.text(1)
        let (node, developer) = (try row.text(4), try row.text(5))
        // Without rules nobody can say who gets what: it is refused rather than paid to nobody.
        let legs =
          version.flatMap { rules[$0] }?.legs(
            of: price, usage: usage, payer: payer, node: node, developer: developer)
          ?? [LedgerLeg(to: developer, price, for: "share", sharedBy: 0)]
        calls.append(
          LedgerCall(.capture(hold: try row.int(3), legs), on: payer, key: "usage/\(attempt)"))
        events.append((try row.int(0), attempt))
      }
      guard !calls.isEmpty else { return Settlement() }
      let results = try await LedgerStore.execute(calls, at: time, in: transaction)
      var settlement = Settlement()
      var (judged, outcomes): ([Int64], [String]) = ([], [])
      for (event, result) in zip(events, results) {
        switch result {
        case .success: settlement.settled += 1
        // Somebody was erased since their names were read: the next time they are read anew.
        case .failure(let error) where error.code == .unknownAccount || error.code == .unknownPayee: continue
        case .failure(let error): settlement.refused[event.attempt] = error.code
        }
        judged.append(event.id)
        outcomes.append(result.code?.rawValue ?? "done")
      }
      try await transaction.query(
        """
        UPDATE usage_events e SET settled_at = coalesce($1::timestamptz, now()), outcome = s.outcome
        FROM unnest($2::bigint[], $3::text[]) s (id, outcome) WHERE e.id = s.id
        """,
        [.optional(time, SQLValue.timestamp), .intArray(judged), .textArray(outcomes)])
      return settlement
    }
  }

  private static let unsettled = """
    SELECT e.id, e.attempt, a.name, e.hold, n.name, d.name, h.rules, e.gpu_ms, e.cpu_ms, e.price_micro
    FROM usage_events e
    JOIN accounts a ON a.id = e.account
    JOIN accounts n ON n.id = e.node_account
    JOIN accounts d ON d.id = e.developer_account
    JOIN holds h ON h.id = e.hold
    WHERE e.settled_at IS NULL ORDER BY e.id LIMIT $1 FOR UPDATE OF e SKIP LOCKED
    """

  private static let rulesOfHolds = """
    SELECT \(LedgerRules.columns) FROM ledger_rules WHERE version = ANY ($1)
    """
}

extension Result where Failure == LedgerError {
  fileprivate var code: LedgerError.Code? { if case .failure(let error) = self { error.code } else { nil } }
}

extension Rows {
  /// The numbers of a column, without NULLs.
  fileprivate func integers(_ column: Row.Column) throws(PostgresError) -> [Int64] {
    var numbers: Set<Int64> = []
    for row in self { if let number = try row.optionalInt(column) { numbers.insert(number) } }
    return numbers.sorted()
  }
}
