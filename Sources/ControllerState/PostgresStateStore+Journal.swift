package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func append(_ records: [JournalRecord], in environment: String) async throws(StoreError) {
    var intents: [JournalIntent] = []
    var outcomes: [(StepID, JournalOutcome, Timestamp)] = []
    for record in records {
      switch record {
      case .intent(let intent): intents.append(intent)
      case .outcome(let step, let outcome, let time): outcomes.append((step, outcome, time))
      }
    }
    guard !records.isEmpty else { return }
    var statements = fence(
      records.lazy.map(\.resource), in: environment, revision: intents.map(\.revision).min())
    if !intents.isEmpty { statements.append(insert(intents, environment)) }
    if !outcomes.isEmpty { statements.append(finish(outcomes, environment)) }
    _ = try await transaction(statements)
  }

  private func insert(_ intents: [JournalIntent], _ environment: String) -> Statement {
    let leases = intents.map { intent in fencingTokens?.required(for: [intent.step.resource]).first }
    return Statement(
      """
      INSERT INTO journal
        (environment, pass, resource, step, revision, action, summary, reason, risk, intent_at, fields, key_range,
         token)
      SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::timestamptz[], $11::text[], $12::int[], $13::bigint[])
      """,
      [
        .text(environment), .textArray(intents.map(\.step.pass)),
        .textArray(intents.map(\.step.resource.description)), .intArray(intents.map { Int64($0.step.index) }),
        .intArray(intents.map(\.revision)), .textArray(intents.map(\.action.rawValue)),
        .textArray(intents.map(\.summary)), .textArray(intents.map(\.reason)),
        .textArray(intents.map(\.risk.rawValue)), .array(intents.map { .timestamp($0.at) }),
        .textArray(intents.map { Value.array($0.fields.map(\.value)).json }),
        .array(leases.map { .optional($0.map { Int64($0.range.number) }, SQLValue.int) }),
        .array(leases.map { .optional($0?.token, SQLValue.int) }),
      ])
  }

  private func finish(_ outcomes: [(StepID, JournalOutcome, Timestamp)], _ environment: String) -> Statement {
    Statement(
      """
      UPDATE journal SET outcome = given.outcome, outcome_at = given.at, error = given.error
      FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::text[])
        AS given (pass, resource, step, outcome, at, error)
      WHERE journal.environment = $1 AND journal.pass = given.pass AND journal.resource = given.resource
        AND journal.step = given.step
      """,
      [
        .text(environment), .textArray(outcomes.map(\.0.pass)),
        .textArray(outcomes.map(\.0.resource.description)),
        .intArray(outcomes.map { Int64($0.0.index) }), .textArray(outcomes.map(\.1.word.rawValue)),
        .array(outcomes.map { .timestamp($0.2) }),
        .array(outcomes.map { .optional($0.1.text, SQLValue.text) }),
      ])
  }

  package func closeOpenIntents(in environment: String, at time: Timestamp) async throws(StoreError)
    -> [ResourceID]
  {
    let names = try await rows(
      """
      UPDATE journal SET outcome = 'interrupted', outcome_at = $2
      WHERE environment = $1 AND outcome IS NULL AND NOT EXISTS (
        SELECT FROM leases
        WHERE leases.environment = $1 AND leases.key_range = journal.key_range AND leases.token = journal.token
          AND leases.holder IS NOT NULL)
      RETURNING resource
      """, [.text(environment), .timestamp(time)]
    ) { row throws(PostgresError) in try row.text(0) }
    return Set(names.compactMap { ResourceID($0) }).sorted()
  }

  package func unsettled(
    _ ids: Set<ResourceID>, in environment: String, during span: ClosedRange<Timestamp>, countingDone: Bool
  ) async throws(StoreError) -> Set<ResourceID> {
    let names = try await rows(
      """
      SELECT DISTINCT resource FROM journal
      WHERE environment = $1 AND resource = ANY ($2) AND outcome_at BETWEEN $3 AND $4
        AND (outcome IN ('interrupted', 'superseded') OR outcome = 'failed' AND right(error, length($5)) = $5
          OR $6::boolean AND NOT EXISTS (
            SELECT FROM journal AS later WHERE later.environment = $1 AND later.resource = journal.resource
              AND later.sequence >= journal.sequence AND later.outcome = 'done' AND later.action = 'delete'))
      """,
      [
        .text(environment), .textArray(ids.map(\.description)), .timestamp(span.lowerBound),
        .timestamp(span.upperBound), .text("; it may still take effect"), .bool(countingDone),
      ]
    ) { row throws(PostgresError) in ResourceID(try row.text(0)) }
    return Set(names.compactMap { $0 })
  }

  package func statuses(of environment: String) async throws(StoreError) -> [ResourceID: ResourceStatus] {
    try await statuses(where: "environment = $1", [.text(environment)])
  }

  package func statuses(of environment: String, ids: Set<ResourceID>) async throws(StoreError)
    -> [ResourceID: ResourceStatus]
  {
    guard !ids.isEmpty else { return [:] }
    return try await statuses(
      where: "environment = $1 AND resource = ANY ($2)",
      [.text(environment), .textArray(ids.map(\.description))])
  }

  private func statuses(where condition: String, _ parameters: [SQLValue]) async throws(StoreError)
    -> [ResourceID: ResourceStatus]
  {
    let sql = """
      SELECT resource, revision, mode, failures, next_attempt, conditions FROM resource_status WHERE \(condition)
      """
    let statuses = try await rows(sql, parameters) { row throws(PostgresError) -> ResourceStatus? in
      guard let id = ResourceID(try row.text(0)) else { return nil }
      return ResourceStatus(
        id: id, revision: try row.int(1), conditions: StoredConditions.conditions(try row.text(5)),
        failures: Int(try row.int(3)), nextAttempt: try row.optionalTimestamp(4),
        mode: ReconcileMode(rawValue: try row.text(2)) ?? .enforce)
    }
    return Dictionary(statuses.compactMap { $0 }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package func strayStatuses(of environment: String) async throws(StoreError) -> Set<ResourceID> {
    let names = try await rows(
      """
      SELECT resource FROM resource_status s WHERE environment = $1 AND NOT EXISTS
        (SELECT FROM inventory i WHERE i.environment = s.environment AND i.resource = s.resource)
      """, [.text(environment)]
    ) { row throws(PostgresError) in ResourceID(try row.text(0)) }
    return Set(names.compactMap { $0 })
  }

  package func events(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [Event]
  {
    try await rows(
      """
      SELECT at, resource, is_warning, reason, message, revision FROM events
      WHERE environment = $1 AND ($2::text IS NULL OR resource = $2) ORDER BY sequence DESC LIMIT $3
      """, [.text(environment), .optional(id?.description, SQLValue.text), .int(Int64(limit))]
    ) { row throws(PostgresError) in
      Event(
        at: try row.timestamp(0), id: try row.optionalText(1).flatMap { ResourceID($0) },
        isWarning: try row.bool(2),
        reason: EventReason(rawValue: try row.text(3)), message: try row.text(4), revision: try row.int(5))
    }
  }

  package func journal(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError)
    -> [JournalEntry]
  {
    let entries = try await rows(
      """
      SELECT pass, resource, step, revision, action, summary, reason, risk, intent_at, outcome, outcome_at, error,
        fields
      FROM journal WHERE environment = $1 AND ($2::text IS NULL OR resource = $2) ORDER BY sequence DESC LIMIT $3
      """, [.text(environment), .optional(id?.description, SQLValue.text), .int(Int64(limit))]
    ) { row throws(PostgresError) in try Self.entry(row) }
    return entries.compactMap { $0 }
  }

  private static func entry(_ row: Row) throws(PostgresError) -> JournalEntry? {
    guard let resource = ResourceID(try row.text(1)), let action = StepAction(rawValue: try row.text(4)),
      let risk = Risk(rawValue: try row.text(7))
    else { return nil }
    let outcome: JournalOutcome? =
      switch try row.optionalText(9) {
      case "done": .done
      case "failed": .failed(try row.optionalText(11) ?? "", effect: .settled)
      case "interrupted": .interrupted
      case "superseded": .superseded(try row.optionalText(11) ?? "")
      default: nil
      }
    return JournalEntry(
      intent: JournalIntent(
        step: StepID(pass: try row.text(0), resource: resource, index: Int(try row.int(2))),
        revision: try row.int(3), action: action, summary: try row.text(5), reason: try row.text(6),
        risk: risk,
        at: try row.timestamp(8), fields: fields(try row.text(12))),
      outcome: outcome, finishedAt: try row.optionalTimestamp(10))
  }

  private static func fields(_ text: String) -> [FieldChange] {
    guard case .array(let changes)? = try? Value(json: text) else { return [] }
    return changes.compactMap { FieldChange($0) }
  }
}

extension JournalOutcome {
  /// What is stored beside the word.
  fileprivate var text: String? {
    switch self {
    case .failed(let text, _), .superseded(let text): text
    case .done, .interrupted: nil
    }
  }
}
