package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func append(_ records: [JournalRecord], in environment: String) async throws(StoreError) {
    var intents: [JournalIntent] = []
    var outcomes: [StepEnd] = []
    for record in records {
      switch record {
      case .intent(let intent): intents.append(intent)
      case .outcome(let step, let outcome, let time):
        outcomes.append(StepEnd(step: step, outcome: outcome, at: time))
      }
    }
    guard !records.isEmpty else { return }
    var statements = fence(
      records.lazy.map(\.resource), in: environment, revision: intents.map(\.revision).min())
    if !intents.isEmpty { statements.append(insert(intents, environment)) }
    if !outcomes.isEmpty { statements.append(record(outcomes, environment)) }
    _ = try await transaction(statements)
  }

  private struct StepEnd {
    let step: StepID
    let outcome: JournalOutcome
    let at: Timestamp
  }

  private func insert(_ intents: [JournalIntent], _ environment: String) -> Statement {
    let leases = intents.map { intent in fencingTokens?.required(for: [intent.step.resource]).first }
    return Statement(
      StateSQL.insertIntents,
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

  private func record(_ ends: [StepEnd], _ environment: String) -> Statement {
    Statement(
      StateSQL.recordOutcomes,
      [
        .text(environment), .textArray(ends.map(\.step.pass)),
        .textArray(ends.map(\.step.resource.description)),
        .intArray(ends.map { Int64($0.step.index) }),
        .textArray(ends.map(\.outcome.word.rawValue)), .array(ends.map { .timestamp($0.at) }),
        .array(ends.map { .optional($0.outcome.message, SQLValue.text) }),
        .array(ends.map { .optional($0.outcome.effect?.rawValue, SQLValue.text) }),
      ])
  }

  package func closeOpenIntents(in environment: String, at time: Timestamp) async throws(StoreError)
    -> [ResourceID]
  {
    try await resources(StateSQL.interruptOpenIntents, [.text(environment), .timestamp(time)]).sorted()
  }

  package func unsettled(
    _ ids: Set<ResourceID>, in environment: String, during span: ClosedRange<Timestamp>, countingDone: Bool
  ) async throws(StoreError) -> Set<ResourceID> {
    try await resources(
      StateSQL.unsettledResources,
      [
        .text(environment), .textArray(ids.map(\.description)), .timestamp(span.lowerBound),
        .timestamp(span.upperBound), .bool(countingDone),
      ])
  }

  package func journal(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError)
    -> [JournalEntry]
  {
    let entries = try await rows(
      StateSQL.journal,
      [.text(environment), .optional(id?.description, SQLValue.text), .int(Int64(limit))]
    ) { row throws(PostgresError) in try JournalEntry(row) }
    return entries.compactMap { $0 }
  }
}

extension JournalEntry {
  /// Nil for a row that this version cannot read.
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let resource = ResourceID(try row.text("resource")),
      let action = StepAction(rawValue: try row.text("action")),
      let risk = Risk(rawValue: try row.text("risk"))
    else { return nil }
    let step = StepID(pass: try row.text("pass"), resource: resource, index: Int(try row.int("step")))
    let intent = JournalIntent(
      step: step, revision: try row.int("revision"), action: action, summary: try row.text("summary"),
      reason: try row.text("reason"), risk: risk, at: try row.timestamp("intent_at"),
      fields: JournalEntry.fields(try row.text("fields")))
    self.init(
      intent: intent, outcome: try JournalOutcome(row), finishedAt: try row.optionalTimestamp("outcome_at"))
  }

  private static func fields(_ text: String) -> [FieldChange] {
    guard case .array(let changes)? = try? Value(json: text) else { return [] }
    return changes.compactMap { FieldChange($0) }
  }
}

extension JournalOutcome {
  /// Nil while the step runs.
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let word = try row.optionalText("outcome").flatMap(Word.init(rawValue:)) else { return nil }
    self.init(
      word, message: try row.optionalText("error"),
      effect: try row.optionalText("effect").flatMap(StepEffect.init(rawValue:)))
  }
}
