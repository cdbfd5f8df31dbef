package import Model
package import Postgres

/// Metering: usage events are recorded at once and settled in batches, each by the rules that its hold was
/// made under.
extension LedgerStore {
  /// Records events. An event whose attempt is already recorded stays as it is.
  /// - Throws: `PostgresError` if an account or hold does not exist; no event is recorded then.
  package func record(_ events: [UsageEvent], at time: Timestamp? = nil) async throws(PostgresError) {
    guard !events.isEmpty else { return }
    _ = try await pool.pipeline([LedgerStore.recording(events, at: time)])
  }

  /// A statement that records events. The platform receives what is for a node owner or developer without an
  /// account.
  package static func recording(_ events: [UsageEvent], at time: Timestamp? = nil) -> Statement {
    Statement(
      LedgerSQL.insertUsage,
      [
        .optional(time, SQLValue.timestamp), .textArray(events.map(\.attempt)), .textArray(events.map(\.job)),
        .textArray(events.map(\.module)), .textArray(events.map(\.account)), .intArray(events.map(\.hold)),
        .textArray(events.map(\.node)), .textArray(events.map(\.developer)),
        .intArray(events.map(\.usage.gpu)), .intArray(events.map(\.usage.cpu)),
        .intArray(events.map(\.price.micro)),
      ])
  }

  /// The result of a settlement.
  package struct Settlement: Hashable, Sendable {
    package var settled = 0
    /// The errors of attempts whose hold could not pay, by attempt.
    package var refused: [String: LedgerError.Code] = [:]
  }

  /// Pays for recorded events, oldest first: captures the holds and pays node, developer and platform their
  /// parts. Several processes may settle at once; each event is settled by one of them.
  /// - Parameter limit: The maximum number of events.
  package func settle(limit: Int = 256, at time: Timestamp? = nil) async throws(PostgresError) -> Settlement {
    try await pool.transaction { transaction throws(PostgresError) in
      let rows = try await transaction.query(LedgerSQL.unsettledUsage, [.int(Int64(limit))])
      var rules: [Int64: LedgerRules] = [:]
      for row in try await transaction.query(LedgerStore.rulesOfHolds, [.intArray(try rows.rulesVersions())])
      {
        let found = try LedgerRules(row)
        rules[found.version] = found
      }
      var (calls, events): ([LedgerCall], [(id: Int64, attempt: String)]) = ([], [])
      for row in rows {
        calls.append(try LedgerStore.capture(row, by: rules))
        events.append((try row.int("id"), try row.text("attempt")))
      }
      guard !calls.isEmpty else { return Settlement() }
      let results = try await LedgerStore.execute(calls, at: time, in: transaction)
      var settlement = Settlement()
      var (settled, outcomes): ([Int64], [String]) = ([], [])
      for (event, result) in zip(events, results) {
        switch result {
        case .success: settlement.settled += 1
        // An account was erased after its name was read; the next settlement reads the new name.
        case .failure(let error) where error.code == .unknownAccount || error.code == .unknownPayee: continue
        case .failure(let error): settlement.refused[event.attempt] = error.code
        }
        settled.append(event.id)
        outcomes.append(result.code?.rawValue ?? "done")
      }
      try await transaction.query(
        """
        UPDATE usage_events e SET settled_at = coalesce($1::timestamptz, now()), outcome = s.outcome
        FROM unnest($2::bigint[], $3::text[]) s (id, outcome) WHERE e.id = s.id
        """,
        [.optional(time, SQLValue.timestamp), .intArray(settled), .textArray(outcomes)])
      return settlement
    }
  }

  /// The call that pays for an event.
  /// - Parameters:
  ///   - row: A row of `LedgerSQL.unsettledUsage`.
  ///   - rules: Versions of the rules by number.
  private static func capture(_ row: Row, by rules: [Int64: LedgerRules]) throws(PostgresError) -> LedgerCall
  {
    let price = Credits(micro: try row.int("price_micro"))
    let usage = LedgerRules.Usage(gpu: try row.int("gpu_ms"), cpu: try row.int("cpu_ms"))
    let (payer, developer) = (try row.text("payer"), try row.text("developer"))
    let node = try row.text("node")
    // Without rules the price cannot be divided. The ledger rejects version 0, so the credits stay on hold.
    let legs =
      try row.optionalInt("rules").flatMap { rules[$0] }?.legs(
        of: price, usage: usage, payer: payer, node: node, developer: developer)
      ?? [LedgerLeg(to: developer, price, for: "share", sharedBy: 0)]
    return LedgerCall(
      .capture(hold: try row.int("hold"), legs), on: payer, key: "usage/\(try row.text("attempt"))")
  }

  private static let rulesOfHolds = """
    SELECT \(LedgerRules.columns) FROM ledger_rules WHERE version = ANY ($1)
    """
}

extension Result where Failure == LedgerError {
  fileprivate var code: LedgerError.Code? { if case .failure(let error) = self { error.code } else { nil } }
}

extension Rows {
  /// The distinct versions in the column `rules`, sorted.
  fileprivate func rulesVersions() throws(PostgresError) -> [Int64] {
    var versions: Set<Int64> = []
    for row in self { if let version = try row.optionalInt("rules") { versions.insert(version) } }
    return versions.sorted()
  }
}
