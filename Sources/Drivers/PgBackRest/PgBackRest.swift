internal import Glibc
package import Model

/// The driver of pgBackRest: backups of one PostgreSQL server with its WAL in one repository, and restores.
///
/// Entry file: this one. `writeConfiguration` creates the folders and pgBackRest's configuration file;
/// `serverSettings` lists the settings with which the server archives its WAL; then `createStanza`, `check`,
/// `backup`, `info`. All folders belong to the server's user, which the program runs as too. Must not import
/// any module of this package but `Model`. Tested with the real program and a real server by
/// `Tests/PgBackRestTests`.
package struct PgBackRest: Sendable {
  /// How many backups stay in the repository, with the WAL they need. The next backup removes older ones.
  package struct Retention: Hashable, Sendable {
    package let full: Int
    /// Differential backups; nil for all that belong to retained full backups.
    package let differential: Int?
    /// This many of the newest full backups keep all WAL since; older ones keep only the WAL that makes them
    /// consistent. Nil for all retained full backups.
    package let fullWithWAL: Int?

    package init(full: Int, differential: Int? = nil, fullWithWAL: Int? = nil) {
      self.full = full
      self.differential = differential
      self.fullWithWAL = fullWithWAL
    }

    /// Backups are never removed automatically; the caller removes them with `expire(label:)`.
    package static func manual(fullWithWAL: Int) -> Retention {
      Retention(full: 9_999_999, fullWithWAL: fullWithWAL)
    }
  }

  /// The folders of the driver; all paths are absolute.
  package struct Settings: Hashable, Sendable {
    /// The name of the server's backups in the repository.
    package let stanza: String
    /// Folder of the backups and the WAL.
    package let repository: String
    /// The folder for the configuration file, logs, locks and spool.
    package let workFolder: String
    package let dataFolder: String
    package let socketFolder: String
    package let port: Int
    package let databaseUser: String
    package let retention: Retention

    package init(
      stanza: String, repository: String, workFolder: String, dataFolder: String, socketFolder: String,
      port: Int = 5432, databaseUser: String = "postgres", retention: Retention
    ) {
      self.stanza = stanza
      self.repository = repository
      self.workFolder = workFolder
      self.dataFolder = dataFolder
      self.socketFolder = socketFolder
      self.port = port
      self.databaseUser = databaseUser
      self.retention = retention
    }
  }

  package enum BackupType: String, Sendable, Codable, CaseIterable {
    case full
    case differential = "diff"
    case incremental = "incr"
  }

  /// The point up to which a restore replays WAL.
  package enum RestoreTarget: Hashable, Sendable {
    /// The end of the archived WAL.
    case latest
    /// The last transaction before this moment.
    case time(Timestamp)
    /// The first moment at which the backup is consistent.
    case backupEnd
  }

  package let settings: Settings
  let program: PgBackRestProgram

  package init(_ settings: Settings) throws(PgBackRestError) {
    self.settings = settings
    program = try PgBackRestProgram.find()
  }

  package var configurationFile: String { "\(settings.workFolder)/pgbackrest.conf" }

  /// The command that the server runs for each finished segment of WAL.
  package var archiveCommand: String {
    let words = [
      "pgbackrest", "--config=\(configurationFile)", "--stanza=\(settings.stanza)", "archive-push",
    ]
    return words.map { PgBackRest.quoted($0).replacing("%", with: "%%") }.joined(separator: " ") + " %p"
  }

  /// The server's settings; `archive_mode` needs a restart. A segment is finished at least every minute while
  /// there is something to archive, well below the RPO of 15 min (seeds: Backup & Disaster Recovery).
  package var serverSettings: [String: String] {
    [
      "archive_mode": "on", "archive_command": archiveCommand, "archive_timeout": "60s",
      "wal_level": "replica",
    ]
  }

  /// Creates missing folders, and the configuration file when it differs. Returns whether it was written.
  @discardableResult
  package func writeConfiguration() throws(PgBackRestError) -> Bool {
    let work = settings.workFolder
    for folder in [work, "\(work)/log", "\(work)/lock", "\(work)/spool", settings.repository] {
      try program.makeFolder(folder)
    }
    return try program.write(configuration, to: configurationFile)
  }

  /// Creates the stanza in the repository; does nothing when it exists. After an upgrade of the server, use
  /// pgBackRest's `stanza-upgrade`.
  package func createStanza() async throws(PgBackRestError) {
    try await run("stanza-create")
  }

  /// Verifies that a segment of WAL reaches the repository.
  package func check() async throws(PgBackRestError) {
    try await run("check")
  }

  /// Takes a backup and removes those that retention no longer keeps. Without an earlier full backup, any
  /// type becomes a full one. Returns the new backup.
  @discardableResult
  package func backup(_ type: BackupType) async throws(PgBackRestError) -> Backup {
    try await run("backup", ["--type=\(type.rawValue)"])
    guard let backup = try await info().backups.last else {
      throw PgBackRestError(.failed, "the backup is not in the repository", stanza: settings.stanza)
    }
    return backup
  }

  /// Removes the backups that retention no longer keeps.
  package func expire() async throws(PgBackRestError) {
    try await run("expire")
  }

  /// Removes one backup and those that depend on it, regardless of retention; does nothing when it is gone.
  package func expire(label: String) async throws(PgBackRestError) {
    guard try await info().backups.contains(where: { $0.label == label }) else { return }
    try await run("expire", ["--set=\(label)"])
  }

  /// Whether the configuration file exists and has the right content.
  package var isConfigured: Bool { program.holds(configuration, at: configurationFile) }

  /// Writes a file beside the backups, which belongs to the server's user. pgBackRest ignores it.
  package func writeNote(_ text: String, named name: String) throws(PgBackRestError) {
    try program.makeFolder(settings.repository)
    _ = try program.write(text, to: "\(settings.repository)/\(name)")
  }

  /// The text of a file beside the backups; nil where there is none.
  package func note(named name: String) throws(PgBackRestError) -> String? {
    try program.text(of: "\(settings.repository)/\(name)")
  }

  /// Returns the content of the repository; needs no configuration file.
  package func info() async throws(PgBackRestError) -> StanzaInfo {
    let output = try await program.run(
      [
        "--no-config", "--stanza=\(settings.stanza)", "--repo1-path=\(settings.repository)",
        "--log-level-file=off", "--log-level-console=error", "--lock-path=\(settings.workFolder)/lock",
        "--output=json", "info",
      ], stanza: settings.stanza)
    return try StanzaInfo.read(output, stanza: settings.stanza)
  }

  /// Restores into an empty or missing folder, which becomes the data folder of a server: that server
  /// recovers when it starts, and then accepts writes. `label` names a backup; nil is the newest that reaches
  /// the target. Nothing is archived from there: start the server with `archive_mode=off`, or give it a
  /// stanza of its own.
  package func restore(
    into folder: String, to target: RestoreTarget = .latest, label: String? = nil
  ) async throws(PgBackRestError) {
    try program.makeFolder(folder)
    var options = ["--pg1-path=\(folder)"]
    switch target {
    case .latest: break
    case .time(let time):
      let moment = time.description.replacing("T", with: " ").replacing("Z", with: "+00")
      options += ["--type=time", "--target=\(moment)", "--target-action=promote"]
    case .backupEnd: options += ["--type=immediate", "--target-action=promote"]
    }
    if let label { options.append("--set=\(label)") }
    try await run("restore", options)
  }

  @discardableResult
  private func run(_ command: String, _ options: [String] = []) async throws(PgBackRestError) -> String {
    try MutationFence.require(PgBackRestErrorCode.leaseLost)
    return try await program.run(
      ["--config=\(configurationFile)", "--stanza=\(settings.stanza)"] + options + [command],
      stanza: settings.stanza)
  }

  private var configuration: String {
    let work = settings.workFolder
    var lines = [
      "# Written by rendertrust, and overwritten by it.", "[global]",
      "repo1-path=\(settings.repository)", "repo1-retention-full=\(settings.retention.full)",
    ]
    if let count = settings.retention.fullWithWAL {
      lines += ["repo1-retention-archive=\(count)", "repo1-retention-archive-type=full"]
    }
    if let differential = settings.retention.differential {
      lines.append("repo1-retention-diff=\(differential)")
    }
    lines += [
      "log-path=\(work)/log", "lock-path=\(work)/lock", "spool-path=\(work)/spool",
      "log-level-console=error", "log-level-stderr=error", "log-level-file=info",
      // Requests an immediate checkpoint instead of the server's next one, and compression that keeps up with
      // a disk.
      "start-fast=y", "compress-type=zst", "",
      "[\(settings.stanza)]", "pg1-path=\(settings.dataFolder)", "pg1-port=\(settings.port)",
      "pg1-socket-path=\(settings.socketFolder)", "pg1-user=\(settings.databaseUser)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Quotes a word for a shell.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "-_=./".utf8.contains(byte)
    }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
