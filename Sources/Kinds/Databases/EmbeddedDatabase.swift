internal import Model
internal import Postgres

/// A database of the controller's private server: its owner, and how it is created, renamed and dropped. Each
/// operation reads the owner first and never touches a database of another owner.
struct EmbeddedDatabase: Sendable {
  struct Entry: Sendable {
    let presence: DatabaseObserved.Presence
    let owner: Owner?
  }

  let name: String
  /// Connections to the maintenance database.
  let pool: PostgresPool

  // MARK: Reading

  /// PostgreSQL sets this limit before it removes the files of a database. Such a database can only be
  /// dropped.
  private static let halfDroppedLimit = -2
  /// With this limit and without permission to connect, a database was created by the controller and has no
  /// mark yet: `CREATE DATABASE` is a transaction of its own. The number only has to be unusual.
  private static let unfinishedLimit = 726_183

  private static let columns = """
    SELECT datname, datallowconn, datconnlimit, shobj_description(oid, 'pg_database') AS mark \
    FROM pg_database
    """

  /// All databases of the server by name.
  static func all(_ pool: PostgresPool) async throws(PostgresError) -> [String: Entry] {
    var entries: [String: Entry] = [:]
    for row in try await pool.query(columns) {
      entries[try row.text("datname")] = try entry(row)
    }
    return entries
  }

  private func entry(_ name: String) async throws(BackendError) -> Entry? {
    do throws(PostgresError) {
      let rows = try await pool.query(EmbeddedDatabase.columns + " WHERE datname = $1", [.text(name)])
      guard let row = rows.first else { return nil }
      return try EmbeddedDatabase.entry(row)
    } catch {
      throw error.backendError
    }
  }

  private static func entry(_ row: Row) throws(PostgresError) -> Entry {
    let limit = try row.int("datconnlimit")
    let admitsConnections = try row.bool("datallowconn")
    let presence: DatabaseObserved.Presence =
      if limit == halfDroppedLimit {
        .halfDropped
      } else if limit == unfinishedLimit, !admitsConnections {
        .unfinished
      } else {
        .present
      }
    return Entry(presence: presence, owner: OwnerComment.owner(try row.optionalText("mark")))
  }

  // MARK: Changing

  /// Creates the database with its mark, or finishes an interrupted creation.
  func create(for owner: Owner) async throws(BackendError) {
    if try await entry(name) == nil { try await createUnfinished() }
    guard let entry = try await entry(name) else {
      throw BackendError(
        code: "database.missing", "database \(name) was dropped while it was being created", retry: .later)
    }
    switch entry.presence {
    case .unfinished:
      // One transaction: a database that can be opened has a mark.
      try await script(
        """
        \(EmbeddedDatabase.comment(name, owner));
        ALTER DATABASE \(SQLName.quoted(name)) ALLOW_CONNECTIONS true CONNECTION LIMIT -1
        """)
    case .present where entry.owner == owner: break
    default: throw foreign(name, entry.owner, owner)
    }
  }

  private func createUnfinished() async throws(BackendError) {
    do throws(PostgresError) {
      try await pool.script(
        """
        CREATE DATABASE \(SQLName.quoted(name)) ALLOW_CONNECTIONS false \
        CONNECTION LIMIT \(EmbeddedDatabase.unfinishedLimit)
        """)
    } catch {
      // 42P04: another session created it meanwhile; its owner decides.
      guard error.sqlState == "42P04" || error.code == .duplicate else { throw error.backendError }
    }
  }

  /// - Parameter former: The owner that the mark may name until now; nil for none.
  func recordOwner(_ owner: Owner, replacing former: Owner?) async throws(BackendError) {
    guard let entry = try await entry(name), entry.presence == .present else {
      throw BackendError(code: "database.missing", "database \(name) does not exist", retry: .later)
    }
    guard entry.owner == nil || entry.owner == owner || entry.owner == former else {
      throw foreign(name, entry.owner, owner)
    }
    try await script(EmbeddedDatabase.comment(name, owner))
  }

  /// Gives the database `old` this name and its new mark, after ending its sessions. Does nothing where that
  /// was done already.
  /// - Parameter former: The owner that the mark may name until now; nil for none.
  func rename(
    from old: String, for owner: Owner, replacing former: Owner?
  ) async throws(BackendError) {
    if let renamed = try await entry(name) {
      guard renamed.owner == owner else { throw foreign(name, renamed.owner, owner) }
      return
    }
    guard let entry = try await entry(old), entry.presence == .present else {
      throw BackendError(code: "database.missing", "database \(old) does not exist", retry: .later)
    }
    guard entry.owner == nil || entry.owner == former || entry.owner == owner else {
      throw foreign(old, entry.owner, owner)
    }
    for attempt in 1...EmbeddedDatabase.renameAttempts {
      do throws(PostgresError) {
        try await pool.script(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(SQLName.literal(old));
          ALTER DATABASE \(SQLName.quoted(old)) RENAME TO \(SQLName.quoted(name));
          \(EmbeddedDatabase.comment(name, owner))
          """)
        return
      } catch {
        // 55006: a client connected again before the database was locked.
        guard error.sqlState == "55006", attempt < EmbeddedDatabase.renameAttempts else {
          throw error.backendError
        }
      }
    }
  }

  /// The server waits 5 s for sessions to end each time.
  private static let renameAttempts = 5

  /// Ends the sessions of the database and drops it. Does nothing where it is gone.
  /// - Parameter former: The owner that the mark of a database may name instead whose removal was
  ///   interrupted; nil for none.
  func drop(of owner: Owner, or former: Owner?) async throws(BackendError) {
    guard let entry = try await entry(name) else { return }
    let isRest = entry.presence != .present && (entry.owner == nil || entry.owner == former)
    guard entry.owner == owner || isRest else { throw foreign(name, entry.owner, owner) }
    try await script("DROP DATABASE IF EXISTS \(SQLName.quoted(name)) WITH (FORCE)")
  }

  private func script(_ sql: String) async throws(BackendError) {
    do throws(PostgresError) { try await pool.script(sql) } catch { throw error.backendError }
  }

  private func foreign(_ name: String, _ owner: Owner?, _ claimant: Owner) -> BackendError {
    OwnershipConflict(.database(.embedded(database: name)), owner: owner, claimant: claimant)
      .backendError(code: "database.foreign")
  }

  private static func comment(_ name: String, _ owner: Owner) -> String {
    "COMMENT ON DATABASE \(SQLName.quoted(name)) IS \(SQLName.literal(OwnerComment.text(owner)))"
  }
}
