package import Model

/// One line of the journal as it is written.
package enum JournalRecord: Hashable, Sendable {
  case intent(JournalIntent)
  case outcome(StepID, JournalOutcome, at: Timestamp)

  package var resource: ResourceID {
    switch self {
    case .intent(let intent): intent.step.resource
    case .outcome(let step, _, _): step.resource
    }
  }

  /// The revision that the step is run for; nil for an outcome.
  package var intendedRevision: Int64? {
    if case .intent(let intent) = self { return intent.revision }
    return nil
  }
}

/// Identifies one execution of one step within an environment.
package struct StepID: Hashable, Sendable, Codable {
  /// The name of the pass, unique across controllers and restarts.
  package let pass: String
  package let resource: ResourceID
  package let index: Int

  package init(pass: String, resource: ResourceID, index: Int) {
    self.pass = pass
    self.resource = resource
    self.index = index
  }
}

/// A step that is about to run.
package struct JournalIntent: Hashable, Sendable {
  package let step: StepID
  package let revision: Int64
  package let action: StepAction
  package let summary: String
  package let reason: String
  package let risk: Risk
  package let at: Timestamp
  /// The changes of the step, for the audit trail.
  package let fields: [FieldChange]

  package init(
    step: StepID, revision: Int64, action: StepAction, summary: String, reason: String, risk: Risk,
    at: Timestamp, fields: [FieldChange] = []
  ) {
    self.step = step
    self.revision = revision
    self.action = action
    self.summary = summary
    self.reason = reason
    self.risk = risk
    self.at = at
    self.fields = fields
  }
}

/// An intent with its outcome; `outcome` is nil while the step runs.
package struct JournalEntry: Hashable, Sendable {
  package let intent: JournalIntent
  package let outcome: JournalOutcome?
  package let finishedAt: Timestamp?

  package init(intent: JournalIntent, outcome: JournalOutcome?, finishedAt: Timestamp?) {
    self.intent = intent
    self.outcome = outcome
    self.finishedAt = finishedAt
  }
}
