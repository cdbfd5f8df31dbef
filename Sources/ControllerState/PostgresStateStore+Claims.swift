internal import Model
internal import Postgres
package import Reconciling
internal import Synchronization

extension PostgresStateStore {
  package func ownership() async throws(StoreError) -> Ownership {
    let current = try await transaction([
      Statement("SELECT claims_version FROM controller_identity"), Statement(IdentityRows.all),
    ])
    let version = try reading { () throws(PostgresError) in try current[0].first?.int("claims_version") }
    let identities = try IdentityRows.identities(current[1])
    if let version, var known = knownOwnership.value(at: version) {
      known.identities = identities
      return known
    }
    let results = try await transaction([
      Statement("SELECT claims_version FROM controller_identity"), Statement(ClaimRows.all),
      Statement(ClaimRows.marks),
    ])
    var ownership = try ClaimRows.ownership(results[1], marks: results[2])
    let read = try reading { () throws(PostgresError) in try results[0].first?.int("claims_version") }
    if let read { knownOwnership.note(ownership, at: read) }
    ownership.identities = identities
    return ownership
  }

  package func claim(_ request: ClaimRequest, in environment: String, revision: Int64)
    async throws(StoreError)
  {
    let fence = fence(request.ids, in: environment, revision: revision)
    let result: Result<Void, StoreError>
    do throws(PostgresError) {
      result = try await pool.transaction(ClaimRows.options) {
        transaction throws(PostgresError) in
        // The lock of claims comes after the leases, here and everywhere.
        let results = try await transaction.pipeline(
          fence + [
            ClaimRows.lock, ClaimRows.near(request, environment), Statement(ClaimRows.marks),
            Statement(IdentityRows.all),
          ])
        let decision: HoldingsDecision
        let identities: [ResourceID: DataIdentity]
        do throws(StoreError) {
          let known = try ClaimRows.ownership(results[fence.count + 1], marks: results[fence.count + 2])
          decision = try HoldingsDecision(request, in: environment, known)
          identities = try IdentityRows.identities(results[fence.count + 3])[environment] ?? [:]
        } catch {
          return .failure(error)
        }
        var statements = ClaimRows.storing(decision, in: environment)
        if !request.resources.isEmpty {
          statements.append(
            saveInventory(request.resources, environment, revision: revision, isApplied: false))
        }
        statements += IdentityRows.moving(request.moves, of: identities, in: environment)
        if !decision.holdings.isEmpty || decision.mark != nil {
          statements.append(Statement(StateSQL.countClaimChange))
        }
        try await transaction.pipeline(statements)
        return .success(())
      }
    } catch {
      throw StoreError(error)
    }
    try result.get()
  }

  /// The statement by which resources keep what they claim, and removed ones release what they hold; none
  /// where there is nothing to release.
  func settle(_ changes: StatusChanges, in environment: String) -> [Statement] {
    let applied = changes.applied.map(\.id)
    guard !applied.isEmpty || !changes.removed.isEmpty else { return [] }
    return [
      Statement(
        StateSQL.settleClaims,
        [
          .text(environment), .textArray(applied.map(\.description)),
          .textArray(applied.flatMap { changes.claims[$0] ?? [] }.map(\.thing.key)),
          .textArray(changes.removed.map(\.description)),
        ])
    ]
  }
}

/// The ownership that this process read last.
final class KnownOwnership: Sendable {
  private let last = Mutex<(version: Int64, ownership: Ownership)?>(nil)

  func value(at version: Int64) -> Ownership? {
    last.withLock { $0?.version == version ? $0?.ownership : nil }
  }

  func note(_ ownership: Ownership, at version: Int64) { last.withLock { $0 = (version, ownership) } }
}

/// The tables `claims` and `environment_marks` as values, and back.
enum ClaimRows {
  static let options = TransactionOptions(
    isolation: .readCommitted, settings: ["idle_in_transaction_session_timeout": "2s"])

  static let all =
    "SELECT key, role, environment, resource, holds_data, leaving_since, since FROM claims"
  static let marks = "SELECT environment, mark FROM environment_marks"

  /// One decision about claims at a time, over all environments. The numbers are arbitrary, and the same in
  /// every version.
  static let lock = Statement("SELECT pg_advisory_xact_lock(726184, 0)")

  static func near(_ request: ClaimRequest, _ environment: String) -> Statement {
    Statement(
      StateSQL.claimsNear,
      [
        .text(environment), .textArray(request.moves.map(\.from.description)),
        .textArray(request.claims.values.flatMap { $0 }.map(\.thing.key)),
      ])
  }

  static func ownership(_ claims: Rows, marks: Rows) throws(StoreError) -> Ownership {
    var holdings: [Holding] = []
    holdings.reserveCapacity(claims.count)
    do throws(PostgresError) {
      for row in claims {
        let (key, resource) = (try row.text("key"), try row.text("resource"))
        guard let thing = Thing(key: key), let id = ResourceID(resource) else {
          throw PostgresError(.unexpectedValue, "\(resource) holds ‘\(key)’, which this version cannot read")
        }
        holdings.append(
          Holding(
            thing: thing, role: try row.text("role"), environment: try row.text("environment"), resource: id,
            holdsData: try row.bool("holds_data"), leavingSince: try row.optionalTimestamp("leaving_since"),
            since: try row.timestamp("since")))
      }
      var byEnvironment: [String: String] = [:]
      for row in marks { byEnvironment[try row.text("environment")] = try row.text("mark") }
      return Ownership(holdings: Holdings(holdings), marks: byEnvironment)
    } catch {
      throw StoreError(error)
    }
  }

  static func storing(_ decision: HoldingsDecision, in environment: String) -> [Statement] {
    var statements: [Statement] = []
    if let mark = decision.mark {
      statements.append(
        Statement(
          "INSERT INTO environment_marks (environment, mark) VALUES ($1, $2)",
          [.text(environment), .text(mark)]))
    }
    if !decision.holdings.isEmpty { statements.append(saving(decision.holdings)) }
    return statements
  }

  static func saving(_ holdings: [Holding]) -> Statement {
    Statement(
      StateSQL.saveClaims,
      [
        .textArray(holdings.map(\.thing.key)), .textArray(holdings.map(\.role)),
        .textArray(holdings.map(\.environment)), .textArray(holdings.map(\.resource.description)),
        .array(holdings.map { .bool($0.holdsData) }),
        .array(holdings.map { .optional($0.leavingSince, SQLValue.timestamp) }),
        .array(holdings.map { .timestamp($0.since) }),
      ])
  }
}
