package import Model
internal import Postgres
package import Reconciling

/// Leases in PostgreSQL. Heartbeats of an environment are serialized by a lock. Each reads the table, changes
/// it as a value and writes the difference, all by the server's clock.
extension PostgresStateStore {
  package func fenced(by fencingTokens: FencingTokens) -> any StateStore {
    var store = self
    store.fencingTokens = fencingTokens
    return store
  }

  package func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String)
    async throws(StoreError)
    -> LeaseStatus
  {
    try await changingLeases(of: environment, by: heartbeat.replica.name) { table, now in
      table.record(heartbeat, now: now)
    }
  }

  package func leave(_ replica: ControllerReplica, environment: String) async throws(StoreError) {
    try await changingLeases(of: environment, by: replica.name) { table, now in
      table.leave(replica.name, now: now)
    }
  }

  package func leases(of environment: String) async throws(StoreError)
    -> (table: LeaseTable, now: Timestamp)
  {
    let results = try await transaction(LeaseRows.reading(environment))
    return try reading { () throws(PostgresError) in try LeaseRows.table(results[...]) }
  }

  private func changingLeases<Output: Sendable>(
    of environment: String, by replica: String, _ change: (inout LeaseTable, Timestamp) -> Output
  ) async throws(StoreError) -> Output {
    do throws(PostgresError) {
      // Read committed takes a snapshot for each statement, so that rows read after the lock are current.
      return try await pool.transaction(LeaseRows.options) {
        transaction throws(PostgresError) in
        let results = try await transaction.pipeline(
          [LeaseRows.lock(environment)] + LeaseRows.reading(environment))
        let (before, now) = try LeaseRows.table(results[1...])
        var table = before
        let output = change(&table, now)
        var statements = LeaseRows.writing(table, over: before, in: environment)
        if table.differs(from: before) {
          statements += StateNotifications.notify(.leases, in: environment, from: replica)
        }
        try await transaction.pipeline(statements)
        return output
      }
    } catch {
      throw StoreError(error)
    }
  }

  // MARK: Fencing

  /// The statements that must precede a write about these resources; none for a store without tokens.
  func fence(_ ids: some Sequence<ResourceID>, in environment: String, revision: Int64? = nil) -> [Statement]
  {
    fencingTokens == nil
      ? [] : fence(Set(ids.lazy.map { KeyRange(of: $0) }), in: environment, revision: revision)
  }

  func fence(_ ranges: Set<KeyRange>, in environment: String, revision: Int64? = nil) -> [Statement] {
    guard let fencingTokens, !ranges.isEmpty else { return [] }
    let needed = fencingTokens.required(for: ranges)
    return [
      Statement(
        "SELECT require_leases($1, $2, $3, $4)",
        [
          .text(environment), .intArray(needed.map { Int64($0.range.number) }),
          .intArray(needed.map(\.token)), .optional(revision, SQLValue.int),
        ])
    ]
  }

  /// Waits for running writes under leases and blocks new ones until the transaction ends.
  func lockLeases(in environment: String) -> Statement {
    Statement(
      "SELECT FROM leases WHERE environment = $1 ORDER BY key_range FOR UPDATE", [.text(environment)])
  }

  func notify(_ notification: StateNotification, in environment: String) -> [Statement] {
    fencingTokens?.isExclusive == true && notification != .revision
      ? [] : StateNotifications.notify(notification, in: environment, from: fencingTokens?.replica ?? "")
  }
}

extension StoreError {
  /// The rejection that `require_leases` raised; nil for any other error.
  init?(rejection error: PostgresError) {
    let words = error.message.split(separator: " ")
    switch error.sqlState {
    case "RTL01":
      self = .lost(words.first.flatMap { Int($0) } ?? 0, holder: words.dropFirst().first.map(String.init))
    case "RTL02":
      let numbers = words.compactMap { Int64($0) }
      self = .superseded(numbers.first ?? 0, by: numbers.last ?? 0)
    default: return nil
    }
  }
}

/// The tables `replicas` and `leases` as a value, and back.
private enum LeaseRows {
  /// The server ends the transaction of a process that is stopped during its heartbeat, so that it does not
  /// block the heartbeats of others.
  static let options = TransactionOptions(
    isolation: .readCommitted, settings: ["idle_in_transaction_session_timeout": "2s"])

  /// One heartbeat of an environment at a time. The number is arbitrary, and the same in every version.
  static func lock(_ environment: String) -> Statement {
    Statement("SELECT pg_advisory_xact_lock(726183, hashtext($1))", [.text(environment)])
  }

  static func reading(_ environment: String) -> [Statement] {
    [
      Statement("SELECT clock_timestamp() AS now"),
      Statement(
        """
        SELECT name, role, host, process, is_exclusive, joined, expires_at FROM replicas
        WHERE environment = $1
        """,
        [.text(environment)]),
      Statement(
        "SELECT key_range, holder, token, since FROM leases WHERE environment = $1", [.text(environment)]),
    ]
  }

  static func table(_ results: ArraySlice<Rows>) throws(PostgresError)
    -> (table: LeaseTable, now: Timestamp)
  {
    let first = results.startIndex
    let now = try results[first].only().timestamp("now")
    var memberships: [LeaseTable.Membership] = []
    for row in results[first + 1] {
      let replica = ControllerReplica(
        name: try row.text("name"), role: try row.text("role"), host: try row.text("host"),
        process: try row.optionalText("process"), isExclusive: try row.bool("is_exclusive"))
      memberships.append(
        LeaseTable.Membership(
          replica: replica, joined: try row.int("joined"), expiresAt: try row.timestamp("expires_at")))
    }
    var leases: [KeyRange: LeaseTable.Lease] = [:]
    for row in results[first + 2] {
      guard let range = KeyRange(Int(try row.int("key_range"))) else { continue }
      leases[range] = LeaseTable.Lease(
        holder: try row.optionalText("holder"), token: try row.int("token"),
        since: try row.timestamp("since"))
    }
    return (LeaseTable(memberships: memberships, leases: leases), now)
  }

  static func writing(_ table: LeaseTable, over old: LeaseTable, in environment: String) -> [Statement] {
    var statements: [Statement] = []
    let gone = old.memberships.keys.filter { table.memberships[$0] == nil }.sorted()
    if !gone.isEmpty {
      statements.append(
        Statement(
          "DELETE FROM replicas WHERE environment = $1 AND name = ANY ($2)",
          [.text(environment), .textArray(gone)]))
    }
    for membership in table.orderedMemberships where old.memberships[membership.replica.name] != membership {
      statements.append(
        Statement(
          StateSQL.saveReplica,
          [
            .text(environment), .text(membership.replica.name), .text(membership.replica.role),
            .text(membership.replica.host),
            .optional(membership.replica.process, SQLValue.text), .bool(membership.replica.isExclusive),
            .int(membership.joined), .timestamp(membership.expiresAt),
          ]))
    }
    let changed = KeyRange.all.filter { table[$0] != old[$0] }
    if !changed.isEmpty { statements.append(leases(changed, of: table, environment)) }
    return statements
  }

  private static func leases(_ ranges: [KeyRange], of table: LeaseTable, _ environment: String) -> Statement {
    Statement(
      StateSQL.saveLeases,
      [
        .text(environment), .intArray(ranges.map { Int64($0.number) }),
        .array(ranges.map { .optional(table[$0].holder, SQLValue.text) }),
        .intArray(ranges.map { table[$0].token }), .array(ranges.map { .timestamp(table[$0].since) }),
      ])
  }
}
