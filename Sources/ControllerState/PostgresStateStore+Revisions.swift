package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  private static let columns =
    "number, manifest_digest, created_at, actor, commit, message, allows_mock_gpus"

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
      Statement(Self.entriesAt, [.text(environment), .int(revision)]),
    ])
    guard let head = results[0].first else { return nil }
    let resources = try results[1].map { row throws(StoreError) in try resource(row) }
    let allowsMockGPUs = try reading { () throws(PostgresError) in try head.bool("allows_mock_gpus") }
    return DesiredState(environment: environment, allowsMockGPUs: allowsMockGPUs, resources: resources)
  }

  package func record(_ desired: DesiredState, by authorship: Authorship, at time: Timestamp)
    async throws(StoreError) -> Revision
  {
    // Whoever records at the same moment takes the number first: what is known then is read anew, once.
    for _ in 0..<2 {
      switch try await tryRecording(desired, by: authorship, at: time) {
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

  private func tryRecording(_ desired: DesiredState, by authorship: Authorship, at time: Timestamp)
    async throws(StoreError) -> Result<Revision, PostgresError>
  {
    let environment = desired.environment
    let latest = try await latestRevision(of: environment)
    if let latest, latest.manifestDigest == desired.digest {
      recorded.note(desired, as: latest.number)
      return .success(latest)
    }
    let number = (latest?.number ?? 0) + 1
    let (new, gone, former) = try await changes(to: desired, since: latest)
    let entries = Statement(
      """
      INSERT INTO revision_entries (environment, revision, resource, digest, mode, document)
      SELECT $1::text, $2::bigint, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[])
      UNION ALL SELECT $1::text, $2::bigint, gone, NULL, NULL, NULL FROM unnest($7::text[]) AS gone
      """,
      [
        .text(environment), .int(number), .textArray(new.map(\.id.description)),
        .textArray(new.map(\.digest.hex)),
        .textArray(new.map(\.metadata.mode.rawValue)), .textArray(new.map(StoredDocument.text)),
        .textArray(gone),
      ])
    let head = Statement(
      """
      INSERT INTO revisions (environment, number, manifest_digest, allows_mock_gpus, created_at, actor, commit, message)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .text(environment), .int(number), .text(desired.digest.hex), .bool(desired.allowsMockGPUs),
        .timestamp(time),
        .text(authorship.actor), .optional(authorship.commit, SQLValue.text), .text(authorship.message),
      ])
    let changes = RevisionChanges(
      new.map { ($0.id.description, former[$0.id.description], Self.entryDigest($0)) }
        + gone.map { ($0, former[$0], nil) }, manifestDigest: desired.digest)
    let audit = auditing([AuditRecord(recording: number, changes, by: authorship, at: time)], environment)
    do throws(PostgresError) {
      // Recording waits for what is being claimed and begun, and whoever claims later knows of the revision.
      _ = try await pool.pipeline(
        [lockLeases(in: environment)] + fence([KeyRange.first], in: environment)
          + notify(.revision, in: environment)
          + [head, entries, audit])
    } catch {
      return .failure(error)
    }
    recorded.note(desired, as: number)
    return .success(
      Revision(
        number: number, environment: environment, manifestDigest: desired.digest, createdAt: time,
        actor: authorship.actor, commit: authorship.commit, message: authorship.message))
  }

  /// The resources whose entries a new revision needs, the names of those that it drops, and the digests that at
  /// least these had before.
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

  /// For each resource of the environment its newest entry up to a revision, left out where that removes it.
  private static let entriesAt = """
    SELECT resource, digest, document FROM (
      SELECT DISTINCT ON (resource) resource, digest, document FROM revision_entries
      WHERE environment = $1 AND revision <= $2 ORDER BY resource, revision DESC
    ) AS newest WHERE digest IS NOT NULL
    """

  /// The mode takes part: it is no part of a resource's digest but of what a revision says.
  private static func entryDigest(_ resource: AnyResource) -> String {
    "\(resource.digest.hex) \(resource.metadata.mode.rawValue)"
  }

  private func knownDigests(_ environment: String) async throws(StoreError) -> [String: String] {
    let sql = """
      SELECT resource, digest || ' ' || mode FROM (
        SELECT DISTINCT ON (resource) resource, digest, mode FROM revision_entries
        WHERE environment = $1 ORDER BY resource, revision DESC
      ) AS newest WHERE digest IS NOT NULL
      """
    let pairs = try await rows(sql, [.text(environment)]) { row throws(PostgresError) in
      (try row.text(0), try row.text(1))
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  private static func revision(_ row: Row, _ environment: String) throws(PostgresError) -> Revision {
    let hex = try row.text("manifest_digest")
    return Revision(
      number: try row.int("number"), environment: environment,
      manifestDigest: Digest(hex: hex) ?? Digest(of: hex),
      createdAt: try row.timestamp("created_at"), actor: try row.text("actor"),
      commit: try row.optionalText("commit"), message: try row.text("message"))
  }

  /// Reads `resource, digest, document`.
  private func resource(_ row: Row) throws(StoreError) -> AnyResource {
    let (name, hex, text) = try reading { () throws(PostgresError) in
      (try row.text("resource"), try row.text("digest"), try row.text("document"))
    }
    guard let id = ResourceID(name), let digest = Digest(hex: hex),
      let resource = StoredDocument.resource(id, digest: digest, text: text, revive: revive)
    else { throw .foreign("a document of \(name)") }
    return resource
  }
}
