internal import Model

/// The text of `rendertrust.conf`.
enum ServerSettings {
  /// The settings of every embedded server, unless the caller overrides them.
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

/// The outcome of a change of settings.
package struct SettingsOutcome: Hashable, Sendable {
  /// Whether the file was written.
  package let hasChanged: Bool
  /// Settings that take effect at the next restart.
  package let pendingRestart: [String]

  package init(hasChanged: Bool, pendingRestart: [String]) {
    self.hasChanged = hasChanged
    self.pendingRestart = pendingRestart
  }

  package var needsRestart: Bool { !pendingRestart.isEmpty }
}

extension PostgresServer {
  /// Replaces the server's settings, on top of its standard ones; earlier settings that are missing now
  /// return to their defaults. Reloads the server when something changed. A name or value that the server
  /// rejects leaves all settings unchanged.
  package func configure(_ settings: [String: String]) async throws(PostgresError) -> SettingsOutcome {
    try MutationFence.require(PostgresErrorCode.leaseLost)
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
        // The server would not load a file with an unknown name at all, so the file is checked before and
        // after.
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

  /// Makes the server reload its files, and waits until it has.
  private func reload(_ pool: PostgresPool) async throws(PostgresError) {
    let before = try await pool.query("SELECT pg_conf_load_time() AS loaded_at, pg_reload_conf()")
      .only().timestamp("loaded_at")
    for _ in 0..<2000 {
      let loaded = try await pool.query("SELECT pg_conf_load_time() AS loaded_at").only()
      if try loaded.timestamp("loaded_at") > before { return }
      try await pause()
    }
    throw PostgresError(.server, "it did not reload its settings", server: pool.server)
  }

  /// The server reports errors in settings that need a restart only through this view.
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
