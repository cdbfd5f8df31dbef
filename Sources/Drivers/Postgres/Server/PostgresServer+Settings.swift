internal import Model

/// The text of `rendertrust.conf`.
enum ServerSettings {
  /// What every embedded server has unless told otherwise.
  static let standard = [
    "timezone": "UTC", "log_timezone": "UTC",
    // Statements here are short; compiling them costs more than it saves.
    "jit": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
  ]

  static func text(_ settings: [String: String]) -> String {
    let lines = settings.sorted { $0.key < $1.key }.map { name, value in
      "\(name) = '\(value.replacing("'", with: "''").replacing("\\", with: "\\\\"))'\n"
    }
    return "# Written by rendertrust, and overwritten by it: settings belong into the manifests.\n"
      + lines.joined()
  }
}

/// What became of settings that were asked for.
package struct SettingsOutcome: Hashable, Sendable {
  /// Whether the file was written.
  package let hasChanged: Bool
  /// Settings that take effect at the next restart only.
  package let pendingRestart: [String]

  package init(hasChanged: Bool, pendingRestart: [String]) {
    self.hasChanged = hasChanged
    self.pendingRestart = pendingRestart
  }

  package var needsRestart: Bool { !pendingRestart.isEmpty }
}

extension PostgresServer {
  /// Makes these the server's settings, on top of its standard ones; settings given earlier and missing now go back
  /// to their defaults. Reloads when something changed. Names or values that the server refuses leave everything as
  /// it was.
  package func configure(_ settings: [String: String]) async throws(PostgresError) -> SettingsOutcome {
    let folders = try startedFolders()
    let pool = PostgresPool(try configuration(), connections: 1)
    let outcome: Result<SettingsOutcome, PostgresError>
    do throws(PostgresError) {
      outcome = .success(try await apply(settings, folders, pool))
    } catch {
      outcome = .failure(error)
    }
    await pool.close()
    return try outcome.get()
  }

  private func apply(
    _ settings: [String: String], _ folders: ServerFolders, _ pool: PostgresPool
  ) async throws(PostgresError) -> SettingsOutcome {
    for name in settings.keys where !name.allSatisfy({ $0.isLetter || $0.isNumber || "_.".contains($0) }) {
      throw PostgresError(
        .server, "‘\(name)’ is no name of a setting", server: pool.server, retry: .afterChange)
    }
    let text = ServerSettings.text(ServerSettings.standard.merging(settings) { $1 })
    let before = Files.read(folders.settings)
    let hasChanged = before != text
    if hasChanged {
      try Files.write(text, to: folders.settings, owner: folders.user)
      do throws(PostgresError) {
        // A file with an unknown name would not be loaded at all, so it is looked at before as well as after.
        try refuse(try await pool.query(PostgresServer.unreadableSettings), pool)
        try await reload(pool)
        try refuse(try await pool.query(PostgresServer.refusedSettings), pool)
      } catch {
        try Files.write(
          before ?? ServerSettings.text(ServerSettings.standard), to: folders.settings, owner: folders.user)
        try await reload(pool)
        throw error
      }
    }
    let pending = try await pool.query(
      "SELECT name FROM pg_settings WHERE pending_restart ORDER BY name")
    var names: [String] = []
    for row in pending { names.append(try row.text("name")) }
    return SettingsOutcome(hasChanged: hasChanged, pendingRestart: names)
  }

  private func refuse(_ rows: Rows, _ pool: PostgresPool) throws(PostgresError) {
    guard let first = rows.first else { return }
    throw PostgresError(
      .server, "setting \(try first.optionalText("name") ?? ""): \(try first.text("error"))",
      hint: "see PostgreSQL's manual on this setting", server: pool.server, retry: .afterChange)
  }

  /// Tells the server to read its files, and waits until it has.
  private func reload(_ pool: PostgresPool) async throws(PostgresError) {
    let before = try await pool.query("SELECT pg_conf_load_time(), pg_reload_conf()")[0].timestamp(0)
    for _ in 0..<2000 {
      if try await pool.query("SELECT pg_conf_load_time()")[0].timestamp(0) > before { return }
      try await pause()
    }
    throw PostgresError(.server, "it did not reload its settings", server: pool.server)
  }

  /// Of settings that need a restart the server says only then what is wrong with them.
  private static let unreadableSettings = """
    SELECT name, error FROM pg_file_settings file
    WHERE sourcefile LIKE '%/rendertrust.conf' AND error IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM pg_settings s WHERE s.name = file.name AND s.context = 'postmaster')
    """

  private static let refusedSettings = """
    SELECT name, error FROM pg_file_settings file
    WHERE sourcefile LIKE '%/rendertrust.conf' AND error IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM pg_settings s WHERE s.name = file.name AND s.pending_restart)
    """
}
