package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  private static let columns =
    "number, manifest_digest, created_at, actor, commit, message, allows_mock_gpus, interim_for"

  package func latestRevision(of environment: String) async throws(StoreError) -> Revision? {
    try await revisions(of: environment, limit: 1).first
  }

  package func revisions(of environment: String, limit: Int) async throws(StoreError) -> [Revision] {
    let sql = """
      SELECT \(Self.columns) FROM revisions WHERE environment = $1 ORDER BY number DESC LIMIT $2
      """
    return try await rows(sql, [.text(environment), .int(Int64(limit))]) { row throws(PostgresError) in
      try Self.revision(row, environment)
    }
  }

  package func desiredState(of environment: String, at revision: Int64) async throws(StoreError)
    -> DesiredState?
  {
    let results = try await transaction([
      Statement(
        "SELECT \(Self.columns) FROM revisions WHERE environment = $1 AND number = $2",
        [.text(environment), .int(revision)]),
      Statement(StateSQL.revisionEntries, [.text(environment), .int(revision)]),
    ])
    guard let head = results[0].first else { return nil }
    let resources = try results[1].map { row throws(StoreError) in try resource(row) }
    let allowsMockGPUs = try reading { () throws(PostgresError) in try head.bool("allows_mock_gpus") }
    return DesiredState(environment: environment, allowsMockGPUs: allowsMockGPUs, resources: resources)
  }

  package func record(
    _ desired: DesiredState, for manifests: Digest?, by authorship: Authorship, at time: Timestamp
  ) async throws(StoreError) -> Revision {
    // Another process may record the same number first. The newest revision is then read again, once.
    for _ in 0..<2 {
      switch try await tryRecording(desired, for: manifests, by: authorship, at: time) {
      case .success(let revision): return revision
      case .failure(let error) where error.code == .duplicate: continue
      case .failure(let error): throw StoreError(error)
      }
    }
    throw StoreError(
      code: "state.conflict",
      "other processes recorded revisions of \(desired.environment) at the same moment, twice",
      hint: "run one controller for each environment, then try again")
  }

  private func tryRecording(
    _ desired: DesiredState, for manifests: Digest?, by authorship: Authorship, at time: Timestamp
  ) async throws(StoreError) -> Result<Revision, PostgresError> {
    let environment = desired.environment
    let latest = try await latestRevision(of: environment)
    let recording = try await recording(desired, for: manifests, by: authorship, at: time, after: latest)
    guard !recording.statements.isEmpty else {
      recorded.note(desired, as: recording.number)
      return .success(recording.revision)
    }
    let fence = fence([KeyRange.first], in: environment)
    do throws(PostgresError) {
      // Recording waits for running claims and intents. Later ones are rejected for older revisions.
      _ = try await pool.pipeline(
        [lockLeases(in: environment)] + fence + notify(.revision, in: environment) + recording.statements
          + (manifests == nil ? [Self.endPendingRemovals(in: environment)] : [])
          + (recording.audit.isEmpty ? [] : [appendAudit(recording.audit, environment)]))
    } catch {
      return .failure(error)
    }
    recorded.note(desired, as: recording.number)
    return .success(recording.revision)
  }

  /// The statements by which manifests become the newest revision, to be executed while no other revision of
  /// the environment is recorded.
  struct Recording: Sendable {
    let revision: Revision
    /// None where the newest revision is these manifests already.
    var statements: [Statement] = []
    /// Appended to the audit trail after the statements.
    var audit: [AuditRecord] = []

    var number: Int64 { revision.number }
  }

  /// - Parameters:
  ///   - manifests: See `StateStore.record`.
  ///   - latest: The newest revision of the environment.
  func recording(
    _ desired: DesiredState, for manifests: Digest?, by authorship: Authorship, at time: Timestamp,
    after latest: Revision?
  ) async throws(StoreError) -> Recording {
    let environment = desired.environment
    if let latest, latest.manifestDigest == desired.digest {
      guard latest.interimFor != nil, manifests == nil else { return Recording(revision: latest) }
      return Recording(
        revision: latest.settled,
        statements: [
          Statement(
            "UPDATE revisions SET interim_for = NULL WHERE environment = $1 AND number = $2",
            [.text(environment), .int(latest.number)])
        ])
    }
    let number = (latest?.number ?? 0) + 1
    let (new, gone, former) = try await changes(to: desired, since: latest)
    let entries = Statement(
      StateSQL.insertRevisionEntries,
      [
        .text(environment), .int(number), .textArray(new.map(\.id.description)),
        .textArray(new.map(\.digest.hex)),
        .textArray(new.map(\.metadata.mode.rawValue)), .textArray(new.map(StoredDocument.text)),
        .textArray(gone),
      ])
    let head = Statement(
      StateSQL.insertRevision,
      [
        .text(environment), .int(number), .text(desired.digest.hex), .bool(desired.allowsMockGPUs),
        .timestamp(time), .text(authorship.actor), .optional(authorship.commit, SQLValue.text),
        .text(authorship.message), .optional(manifests?.hex, SQLValue.text),
      ])
    let changes = RevisionChanges(
      new.map { ($0.id.description, former[$0.id.description], Self.entryDigest($0)) }
        + gone.map { ($0, former[$0], nil) }, manifestDigest: desired.digest)
    return Recording(
      revision: Revision(
        number: number, environment: environment, manifestDigest: desired.digest, createdAt: time,
        actor: authorship.actor, commit: authorship.commit, message: authorship.message,
        interimFor: manifests), statements: [head, entries],
      audit: [AuditRecord(recording: number, changes, by: authorship, at: time)])
  }

  /// The resources that a new revision changes, the names of those that it removes, and the former digests of
  /// at least these.
  private func changes(
    to desired: DesiredState, since latest: Revision?
  ) async throws(StoreError) -> (new: [AnyResource], gone: [String], former: [String: String]) {
    if let before = recorded.desired(of: latest) {
      let changes = DesiredChanges(from: before, to: desired)
      let ids = changes.changed.map(\.id) + changes.gone
      let former = ids.compactMap { id in before[id].map { (id.description, Self.entryDigest($0)) } }
      return (
        changes.changed.filter { before[$0.id].map(Self.entryDigest) != Self.entryDigest($0) },
        changes.gone.map(\.description), Dictionary(former, uniquingKeysWith: { first, _ in first })
      )
    }
    let known = try await knownDigests(desired.environment)
    return (
      desired.resources.filter { known[$0.id.description] != Self.entryDigest($0) },
      known.keys.filter { key in ResourceID(key).map { desired[$0] == nil } ?? true }.sorted(), known
    )
  }

  /// Includes the mode, which is part of a revision and not of a resource's digest.
  private static func entryDigest(_ resource: AnyResource) -> String {
    "\(resource.digest.hex) \(resource.metadata.mode.rawValue)"
  }

  private func knownDigests(_ environment: String) async throws(StoreError) -> [String: String] {
    let pairs = try await rows(StateSQL.newestDigests, [.text(environment)]) {
      row throws(PostgresError) in
      (try row.text("resource"), try row.text("digest"))
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  private static func revision(_ row: Row, _ environment: String) throws(PostgresError) -> Revision {
    let hex = try row.text("manifest_digest")
    return Revision(
      number: try row.int("number"), environment: environment,
      manifestDigest: Digest(hex: hex) ?? Digest(of: hex),
      createdAt: try row.timestamp("created_at"), actor: try row.text("actor"),
      commit: try row.optionalText("commit"), message: try row.text("message"),
      interimFor: try row.optionalText("interim_for").map { Digest(hex: $0) ?? Digest(of: $0) })
  }

  private func resource(_ row: Row) throws(StoreError) -> AnyResource {
    try reading { () throws(PostgresError) in try DocumentRow(row, digest: "digest") }.resource(revive)
  }
}
