import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres

/// The real systems of a scenario, as a test sees and disturbs them from outside of the controller.
struct KillPointWorld: Sendable {
  let installation: Installation
  /// Keeps the private server running between controllers.
  let server: PostgresServer

  /// The first column of a query in a database of the private server.
  @discardableResult
  func query(_ sql: String, in database: String = "postgres") async throws -> [String] {
    let pool = PostgresPool(try await server.configuration(database: database), connections: 1)
    let result: Result<Rows, any Error>
    do { result = .success(try await pool.query(sql)) } catch { result = .failure(error) }
    await pool.close()
    return try result.get().map { row throws(PostgresError) in try row.text(0) }
  }

  /// Kills a driven system at once. PostgreSQL is started again by its supervisor; the engine by this test,
  /// as the service manager of its machine would.
  func kill(_ victim: KillSwitch.Victim) {
    switch victim {
    case .controller: break
    case .postgres:
      if let postmaster = try? PrivateServer(installation).postmaster { Glibc.kill(postmaster, SIGKILL) }
    case .docker: try? installation.bed.killEngine()
    }
  }

  private static let token = "a token that must survive"

  /// Stores a token where no scenario has anything to remove.
  func storeToken() async throws {
    try await query("CREATE TABLE IF NOT EXISTS kept (token text PRIMARY KEY)", in: "platform")
    try await query("INSERT INTO kept VALUES ('\(Self.token)') ON CONFLICT DO NOTHING", in: "platform")
  }

  /// Everything that exists, in words that are equal for equal worlds.
  func contents() async throws -> [String] {
    var lines: [String] = []
    lines += try await query(
      """
      SELECT concat_ws(' ', 'database', datname, datallowconn, datconnlimit, \
      shobj_description(oid, 'pg_database')) FROM pg_database
      """)
    lines += try await query(
      """
      SELECT concat_ws(' ', 'role', rolname, rolcanlogin, shobj_description(oid, 'pg_authid')) \
      FROM pg_roles WHERE NOT starts_with(rolname, 'pg_')
      """)
    lines += try await query("SELECT token FROM kept", in: "platform")
    lines += try await query(
      "SELECT concat_ws(' ', 'open step', resource, summary) FROM journal WHERE outcome IS NULL",
      in: "rendertrust")
    for container in try await installation.containers() {
      let state = try await installation.engine.inspectContainer(container.id)
      lines.append(
        "container \(container.name) \(container.image.suffix(12)) \(container.status.rawValue) "
          + "memory \(state?.resources.memory ?? 0)")
    }
    let owner = try installation.owner()
    for volume in try await installation.engine.listVolumes(labels: [ContainerLabels.owner: owner]) {
      lines.append("volume \(volume.name)")
    }
    return (lines + files()).sorted()
  }

  /// Files of the installation that no server or backup owns.
  private func files(below folder: String = "") -> [String] {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: "\(installation.state)/\(folder)")) ?? []
    return names.flatMap { name -> [String] in
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      if Self.otherFolders.contains(path) { return [] }
      var facts = stat()
      lstat("\(installation.state)/\(path)", &facts)
      return facts.st_mode & S_IFMT == S_IFDIR ? files(below: path) : ["file \(path)"]
    }
  }

  /// The folders of PostgreSQL and pgBackRest.
  private static let otherFolders: Set<String> = ["postgres", "pgbackrest", "backups"]
}
