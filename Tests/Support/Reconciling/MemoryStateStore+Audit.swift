package import Model
package import Reconciling

extension MemoryStateStore: AuditTrail {
  package func audit(of environment: String, after sequence: Int64, limit: Int) async throws(StoreError)
    -> [AuditEntry]
  {
    try with(.read, environment) { Array($0.audit.lazy.filter { $0.sequence > sequence }.prefix(limit)) }
  }

  package func audit(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError)
    -> [AuditEntry]
  {
    try with(.read, environment) { state in
      Array(state.audit.reversed().lazy.filter { id == nil || $0.record?.resource == id }.prefix(limit))
    }
  }

  package func auditHead(of environment: String) async throws(StoreError) -> AuditHead {
    try with(.read, environment) { $0.auditHead }
  }
}

extension MemoryStateStore.EnvironmentState {
  var auditHead: AuditHead {
    audit.last.map { AuditHead(count: $0.sequence, hash: $0.hash) } ?? .beginning
  }

  mutating func note(_ record: AuditRecord) { audit.append(AuditEntry(record, after: auditHead)) }

  /// Records the outcome of a step, unless it is recorded already.
  mutating func note(_ outcome: JournalOutcome, of entry: JournalEntry, at time: Timestamp) {
    guard entry.outcome != outcome else { return }
    let revision = revisions.first { $0.revision.number == entry.intent.revision }?.revision
    note(AuditRecord(entry.intent, outcome, at: time, actor: revision?.actor, commit: revision?.commit))
  }

  /// Records that `desired` becomes the newest revision.
  mutating func noteRevision(
    _ number: Int64, _ desired: DesiredState, by authorship: Authorship, at time: Timestamp
  ) {
    func digests(_ resources: [AnyResource]) -> [String: String] {
      Dictionary(
        resources.map { ($0.id.description, "\($0.digest.hex) \($0.metadata.mode.rawValue)") },
        uniquingKeysWith: { first, _ in first })
    }
    let (old, new) = (digests(revisions.last?.desired.resources ?? []), digests(desired.resources))
    let changes = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.map { ($0, old[$0], new[$0]) }
    note(
      AuditRecord(
        recording: number, RevisionChanges(changes, manifestDigest: desired.digest), by: authorship, at: time)
    )
  }
}
