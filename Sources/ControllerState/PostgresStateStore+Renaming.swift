package import Model
package import Postgres
package import Reconciling

extension PostgresStateStore {
  package func renameEnvironment(_ former: String, to name: String, by actor: String, at time: Timestamp)
    async throws(StoreError)
  {
    try await renameEnvironment(former, to: name, by: actor, at: time, with: [])
  }

  /// The same, together with statements about other tables that are keyed by the environment's name. One
  /// transaction: after an error or the end of this process, all of the environment has one of the names.
  ///
  /// The controllers of both names lose their leases, so that the writes of one that was paused are rejected.
  /// It finds a revision without resources as the newest of the former name, and the manifests that were in
  /// force there are quarantined: only a person applies them again, as another environment.
  package func renameEnvironment(
    _ former: String, to name: String, by actor: String, at time: Timestamp, with others: [Statement]
  ) async throws(StoreError) {
    // What a killed controller left open may take effect for a moment. It is recorded first, so that the
    // rename succeeds after that moment although no controller of the former name starts again.
    _ = try await transaction([
      lockLeases(in: former),
      Statement(StateSQL.interruptAbandonedIntents, [.text(former)]),
    ])
    for _ in 0..<3 {
      let plan = try await RenamePlan(former, to: name, by: actor, at: time, in: self)
      let isCurrent = try await changing([former, name]) { records in
        guard let old = records[former], let new = records[name] else { return .success([]) }
        if let refusal = EnvironmentRecords.refusal(toRename: former, old.records, to: name, new.records) {
          return .failure(refusal)
        }
        guard old.newest == plan.newest, new.newest == plan.newestOfTarget else { return .success(nil) }
        return .success(statements(of: plan, old.newest) + others + statements(recording: plan))
      }
      if isCurrent {
        recorded.note(plan.empty, as: plan.left.number)
        recorded.note(plan.desired, as: plan.taken.number)
        return
      }
    }
    throw StoreError(
      code: "environment.busy", "revisions of \(former) or \(name) were recorded at the same moment",
      retry: .later)
  }

  private func statements(of plan: RenamePlan, _ newest: Int64) -> [Statement] {
    let (from, to) = (SQLValue.text(plan.former), SQLValue.text(plan.name))
    let names = SQLValue.text(plan.empty.environmentID.description)
    let renamed = SQLValue.text(plan.desired.environmentID.description)
    var statements = [
      Statement("DELETE FROM environment_marks WHERE environment = $1", [to]),
      Statement("DELETE FROM resource_status WHERE environment = $1", [to]),
      Statement("UPDATE environment_marks SET environment = $2 WHERE environment = $1", [from, to]),
    ]
    for table in ["inventory", "resource_status", "claims", "data_identities"] {
      statements.append(
        Statement(
          """
          UPDATE \(table) SET environment = $2,
            resource = CASE WHEN resource = $3 THEN $4 ELSE resource END
          WHERE environment = $1
          """, [from, to, names, renamed]))
    }
    statements += evicting(plan.former) + evicting(plan.name)
    statements.append(
      Statement(
        StateSQL.liftQuarantine,
        [to, .text(plan.desired.digest.hex), .timestamp(plan.time), .text(plan.actor)]))
    for (entry, digest) in plan.quarantines {
      statements.append(
        Statement(
          StateSQL.liftQuarantine, [from, .text(digest.hex), .timestamp(plan.time), .text(plan.actor)]))
      statements.append(inserting([entry], in: plan.name))
    }
    statements.append(inserting([plan.quarantineOfFormer], in: plan.former))
    return statements
  }

  /// The audit trail is last: no transaction waits for a lock after it.
  private func statements(recording plan: RenamePlan) -> [Statement] {
    let revisions = plan.left.statements + plan.taken.statements
    let record = AuditRecord(
      renaming: plan.former, to: plan.name, revision: plan.newest, by: plan.actor, at: plan.time)
    let trails = [
      (plan.former, appendAudit(plan.left.audit + [record], plan.former)),
      (plan.name, appendAudit(plan.taken.audit + [record], plan.name)),
    ]
    return notify(.revision, in: plan.former) + notify(.revision, in: plan.name) + revisions
      + [Statement("DELETE FROM forgotten_environments WHERE environment = $1", [.text(plan.name)])]
      + Self.hiding(plan.former, plan.left.number, plan.actor, plan.time)
      + trails.sorted { $0.0 < $1.0 }.map(\.1)
  }
}

/// What a rename records, computed before its transaction from revisions that the transaction checks again.
private struct RenamePlan: Sendable {
  let former: String
  let name: String
  let actor: String
  let time: Timestamp
  /// The newest revisions that the plan was computed from.
  let newest: Int64
  let newestOfTarget: Int64
  /// The manifests under the new name.
  let desired: DesiredState
  /// The former name without resources.
  let empty: DesiredState
  let taken: PostgresStateStore.Recording
  let left: PostgresStateStore.Recording
  /// The quarantines of the former name as those of the new one, each with its former digest.
  let quarantines: [(Quarantine, Digest)]
  let quarantineOfFormer: Quarantine

  init(
    _ former: String, to name: String, by actor: String, at time: Timestamp, in store: PostgresStateStore
  ) async throws(StoreError) {
    let latest = try await store.latestRevision(of: former)
    let target = try await store.latestRevision(of: name)
    let empty = DesiredState.empty(in: former)
    var newest = empty
    if let latest { newest = try await store.desiredState(of: former, at: latest.number) ?? empty }
    let authorship = Authorship(
      actor: actor, commit: nil, message: "environments rename \(former) \(name)")
    self.former = former
    self.name = name
    self.actor = actor
    self.time = time
    self.empty = empty
    self.newest = latest?.number ?? 0
    newestOfTarget = target?.number ?? 0
    desired = newest.renamed(to: name)
    taken = try await store.recording(
      desired, for: latest?.interimFor, by: authorship, at: time, after: target)
    left = try await store.recording(empty, for: nil, by: authorship, at: time, after: latest)
    var quarantines: [(Quarantine, Digest)] = []
    for entry in try await store.quarantines(of: former) {
      guard let state = try await store.desiredState(of: former, at: entry.revision),
        state.digest == entry.digest
      else { continue }
      quarantines.append(
        (
          Quarantine(
            digest: state.renamed(to: name).digest, revision: entry.revision,
            reason: "\(entry.reason), as environment \(former)", actor: entry.actor, at: entry.at),
          entry.digest
        ))
    }
    self.quarantines = quarantines
    quarantineOfFormer = Quarantine(
      digest: newest.digest, revision: latest?.number ?? 0,
      reason: "\(actor) renamed environment \(former) to \(name)", actor: actor, at: time)
  }
}

extension DesiredState {
  /// The same resources under another environment, whose own resource has that name.
  fileprivate func renamed(to name: String) -> DesiredState {
    DesiredState(
      environment: name, allowsMockGPUs: allowsMockGPUs,
      resources: resources.map { resource in
        guard resource.id == environmentID else { return resource }
        return AnyResource(
          id: ResourceID(kind: resource.id.kind, name: name), metadata: resource.metadata,
          spec: resource.spec, references: resource.references, location: resource.location,
          digest: resource.digest)
      })
  }
}
