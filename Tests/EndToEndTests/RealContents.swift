import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Model
import Postgres
import RefactoringSupport

/// Tokens in real systems: rows in databases, files in volumes and repositories.
struct RealContents {
  let installation: Installation
  let server: PostgresServer

  /// Where tokens are that cannot be chosen: the ids of price rows.
  typealias Places = [String: String]

  /// Writes the token of every part. A token that cannot be written gets a place.
  func fill(_ state: DeclaredState) async throws -> Places {
    var places: Places = [:]
    for resource in state.all {
      for (part, token) in resource.data.sorted(by: { $0.key < $1.key }) {
        let database = name(ofDatabaseOf: resource, in: state)
        switch resource.id.kind {
        case "Database":
          try await query("CREATE TABLE tokens AS SELECT $1::text AS token", [.text(token)], in: database)
        case "Ledger":
          try await query(
            "INSERT INTO accounts (name, kind, head) VALUES ($1, 'creator', '')", [.text(token)], in: database
          )
        case "Scheduler":
          try await query(
            """
            INSERT INTO pending_jobs VALUES ($1, 1, 'none', 0, now(), now() + interval '1 day')
            """, [.text(token)], in: database)
        case "PriceMap": places[token] = try await price(part, of: resource.id.name, in: database)
        case "BackupPolicy": try write(token, in: repository(of: resource))
        case "Service": try write(token, in: try await volume(part, of: resource) ?? "")
        default: break
        }
      }
    }
    return places
  }

  /// The parts that do not contain their token or do not belong to their resource.
  func problems(of state: DeclaredState, _ places: Places) async throws -> [String] {
    var problems: [String] = []
    for resource in state.all {
      for (part, token) in resource.data.sorted(by: { $0.key < $1.key })
      where try await !isFound(token, part, of: resource, in: state, places) {
        problems.append("‘\(token)’ is not in \(part) of \(resource.id)")
      }
    }
    for left in state.left where try await !exists(left, state) {
      problems.append("‘\(left.token)’ is nowhere")
    }
    return problems
  }

  private func isFound(
    _ token: String, _ part: String, of resource: DeclaredResource, in state: DeclaredState, _ places: Places
  ) async throws -> Bool {
    let database = name(ofDatabaseOf: resource, in: state)
    let id = resource.id
    switch id.kind {
    case "Database":
      let comment = try await texts(
        """
        SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database
        WHERE datname = current_database()
        """, in: database)
      guard comment.contains(where: { $0.contains("\(id)") }) else { return false }
      return try await texts("SELECT token FROM tokens", in: database) == [token]
    case "Ledger":
      let owners = try await texts("SELECT name FROM ledgers", in: database)
      let accounts = try await texts("SELECT name FROM accounts", in: database)
      return owners == [id.name] && accounts.contains(token)
    case "Scheduler":
      let owners = try await texts("SELECT name FROM schedulers", in: database)
      let jobs = try await texts("SELECT job FROM pending_jobs", in: database)
      return owners == [id.name] && jobs.contains(token)
    case "PriceMap": return try await price(part, of: id.name, in: database) == places[token]
    case "BackupPolicy":
      let folder = repository(of: resource)
      let owner = try Value(
        json: String(contentsOfFile: "\(folder)/rendertrust-owner.json", encoding: .utf8))
      return owner["resource"] == .string("\(id)") && read(folder) == token
    case "Service": return try await volume(part, of: resource).flatMap { read($0) } == token
    default: return true
    }
  }

  private func exists(_ left: LeftToken, _ state: DeclaredState) async throws -> Bool {
    if left.kind == "Service" {
      let volumes = try await installation.engine.listVolumes(
        labels: [ContainerLabels.owner: try installation.owner()])
      return volumes.contains { read(folder(ofVolume: $0.name)) == left.token }
    }
    return ["backups", "other"].contains { read("\(repositories)/\($0)/\(environment(state))") == left.token }
  }

  // MARK: Places

  /// A renamed environment keeps the folders of its former name.
  private func environment(_ state: DeclaredState) -> String {
    state.environment.hasSuffix("n") ? String(state.environment.dropLast()) : state.environment
  }

  private func name(ofDatabaseOf resource: DeclaredResource, in state: DeclaredState) -> String {
    resource.spec.of.flatMap { state[$0] }?.databaseName ?? resource.databaseName
  }

  private var repositories: String { installation.state }
  private func repository(of policy: DeclaredResource) -> String {
    "\(repositories)/\(policy.spec.folder ?? "")"
  }

  private func folder(ofVolume name: String) -> String {
    "\(installation.bed.folder)/engine/data/volumes/\(name)/_data"
  }

  /// The folder of the volume that the container of a service mounts for a part.
  private func volume(_ part: String, of service: DeclaredResource) async throws -> String? {
    let path = service.spec.volumes[String(part.dropFirst("volume.".count))]
    let container = try await installation.container(of: "\(service.id)")
    let mounts = try await installation.engine.inspectContainer(container.id)?.mounts ?? []
    return mounts.first { $0.path == path }.map { folder(ofVolume: $0.source) }
  }

  private func write(_ token: String, in folder: String) throws {
    try token.write(toFile: "\(folder)/token", atomically: false, encoding: .utf8)
  }

  private func read(_ folder: String) -> String? {
    try? String(contentsOfFile: "\(folder)/token", encoding: .utf8)
  }

  private func price(_ price: String, of map: String, in database: String) async throws -> String? {
    try await texts(
      "SELECT id::text FROM price_map_entries WHERE map = $1 AND price_id = $2 AND superseded_at IS NULL",
      [.text(map), .text(price)], in: database
    ).first
  }

  @discardableResult
  private func query(_ sql: String, _ parameters: [SQLValue], in database: String) async throws -> Rows {
    let pool = PostgresPool(try await server.configuration(database: database), connections: 1)
    let result: Result<Rows, any Error>
    do { result = .success(try await pool.query(sql, parameters)) } catch { result = .failure(error) }
    await pool.close()
    return try result.get()
  }

  private func texts(_ sql: String, _ parameters: [SQLValue] = [], in database: String) async throws
    -> [String]
  {
    try await query(sql, parameters, in: database).map { row throws(PostgresError) in try row.text(0) }
  }
}
