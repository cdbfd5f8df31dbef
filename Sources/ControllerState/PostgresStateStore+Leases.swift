package import Model
internal import Postgres
package import Reconciling

/// Leases in PostgreSQL. Heartbeats of an environment come one after the other, under a lock; the table is read, decides
/// as a value, and what changed is written, all by the server's clock.
extension PostgresStateStore {
  package func fenced(by fencingTokens: FencingTokens) -> any StateStore {
    var store = self
    store.fencingTokens = fencingTokens
    return store
  }

  package func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String) async throws(StoreError)
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
      // With snapshots taken anew for each statement, what is read behind the lock is what is there.
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

  /// What must stand before a write about these resources; nothing for a store that needs no tokens.
  func fence(_ ids: some Sequence<ResourceID>, in environment: String, revision: Int64? = nil) -> [Statement]
  {
    fencingTokens == nil ? [] : fence(Set(ids.lazy.map { KeyRange(of: $0) }), in: environment, revision: revision)
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

  /// Waits until nobody writes under a lease, and lets nobody begin to.
  func lockLeases(in environment: String) -> Statement {
    Statement(
      "SELECT FROM leases WHERE environment = $1 ORDER BY key_range FOR UPDATE", [.text(environment)])
  }

  func notify(_ news: StateNotification, in environment: String) -> [Statement] {
    fencingTokens?.isExclusive == true && news != .revision
      ? [] : StateNotifications.notify(news, in: environment, from: fencingTokens?.replica ?? "")
  }
}

extension StoreError {
  /// What `require_leases` says; nil for any other error.
  init?(refusal error: PostgresError) {
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
  /// A process that is stopped in the middle of its heartbeat must not keep the others from theirs: the server ends its
  /// transaction.
  static let options = TransactionOptions(
    isolation: .readCommitted, settings: ["idle_in_transaction_session_timeout": "2s"])

  /// One heartbeat of an environment at a time. The number is arbitrary, and the same in every version.
  static func lock(_ environment: String) -> Statement {
    Statement("SELECT pg_advisory_xact_lock(726183, hashtext($1))", [.text(environment)])
  }

  static func reading(_ environment: String) -> [Statement] {
    [
      Statement("SELECT clock_timestamp()"),
      Statement(
        "SELECT name, role, host, process, is_exclusive, joined, expires_at FROM replicas WHERE environment = $1",
        [.text(environment)]),
      Statement(
        "SELECT key_range, holder, token, since FROM leases WHERE environment = $1", [.text(environment)]),
    ]
  }

  static func table(_ results: ArraySlice<Rows>) throws(PostgresError)
    -> (table: LeaseTable, now: Timestamp)
  {
    let first = results.startIndex
    let now = try results[first].only().timestamp(0)
    var memberships: [LeaseTable.Membership] = []
    for row in results[first + 1] {
      let replica = ControllerReplica(
        name: try row.text(0), role: try row.text(1), host: try row.text(2), process: try row.optionalText(3),
        isExclusive: try row.bool(4))
      memberships.append(
        LeaseTable.Membership(replica: replica, joined: try row.int(5), expiresAt: try row.timestamp(6)))
    }
    var leases: [KeyRange: LeaseTable.Lease] = [:]
    for row in results[first + 2] {
      guard let range = KeyRange(Int(try row.int(0))) else { continue }
      leases[range] = LeaseTable.Lease(
        holder: try row.optionalText(1), token: try row.int(2), since: try row.timestamp(3))
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
          """
          INSERT INTO replicas (environment, name, role, host, process, is_exclusive, joined, expires_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
          ON CONFLICT (environment, name) DO UPDATE SET expires_at = EXCLUDED.expires_at
          """,
          [
            .text(environment), .text(membership.replica.name), .text(membership.replica.role), .text(membership.replica.host),
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
      """
      INSERT INTO leases (environment, key_range, holder, token, since)
      SELECT $1, * FROM unnest($2::int[], $3::text[], $4::bigint[], $5::timestamptz[]) ORDER BY 2
      ON CONFLICT (environment, key_range) DO UPDATE SET
        holder = EXCLUDED.holder, token = EXCLUDED.token, since = EXCLUDED.since
      """,
      [
        .text(environment), .intArray(ranges.map { Int64($0.number) }),
        .array(ranges.map { .optional(table[$0].holder, SQLValue.text) }),
        .intArray(ranges.map { table[$0].token }), .array(ranges.map { .timestamp(table[$0].since) }),
      ])
  }
}
