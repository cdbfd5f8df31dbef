internal import Concurrency
internal import Model

/// A private PostgreSQL below a state folder, shared by all processes that use the folder: the first one
/// starts it, the last one stops it. It listens on a Unix socket in a folder that only its user may enter,
/// and on no network.
///
/// Each user of the folder holds a shared lock on `STATE/postgres/users.lock`, which the kernel releases even
/// after kill -9. The process that can turn its shared lock into an exclusive one is the last. Starting and
/// stopping happen under a second lock. A server that a killed process left behind is adopted. The server
/// holds a third one, `PostmasterLock`: while a server of another PID namespace does, this one waits.
package actor PostgresServer {
  package struct Options: Sendable {
    /// Settings of the command line, which override every file.
    package var settings: [String: String]
    /// False only where losing all data in a power failure does not matter, as in tests.
    package var isDurable: Bool
    /// The time limit for recovery after a crash.
    package var startLimit: Duration

    package init(
      settings: [String: String] = [:], isDurable: Bool = true, startLimit: Duration = .seconds(600)
    ) {
      self.settings = isDurable ? settings : settings.merging(["fsync": "off"]) { $1 }
      self.isDurable = isDurable
      self.startLimit = startLimit
    }
  }

  let home: String
  let options: Options
  private let report: @Sendable (String) -> Void
  /// Held while this object uses the server.
  var userLock: FileLock?
  private var folders: ServerFolders?
  nonisolated let gate = ServerGate()
  /// Whether `start` has succeeded and `stop` was not called since; the server may have ended by itself.
  package private(set) var isStarted = false

  /// Creates nothing yet.
  /// - Parameters:
  ///   - stateFolder: An absolute path; the server uses its subfolder `postgres`.
  ///   - report: Receives a sentence for each `reportInterval` of waiting for another server.
  package init(
    stateFolder: String, options: Options = Options(), report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    home = stateFolder + "/postgres"
    self.options = options
    self.report = report
  }

  package nonisolated var logFile: String { home + "/log" }

  /// Returns when the server accepts connections: at once when it already runs. Calling it again restarts a
  /// server that has died. Waits up to the start limit while a server of another PID namespace runs.
  package func start() async throws(PostgresError) {
    let deadline = ContinuousClock.now + options.startLimit
    var nextReport = ContinuousClock.now
    while case .elsewhere(let pid) = try await startOnce() {
      let place = PostgresServer.elsewhere(pid)
      guard ContinuousClock.now < deadline else {
        throw PostgresError(
          .server, "another server runs on \(home), \(place), and has not ended within \(options.startLimit)",
          hint: PostgresServer.elsewhereHint, server: "The embedded PostgreSQL")
      }
      if ContinuousClock.now >= nextReport {
        nextReport = .now + PostgresServer.reportInterval
        report("Another server runs on \(home), \(place); waiting for it to end")
      }
      try await pause(.milliseconds(100))
    }
    isStarted = true
  }

  private static let reportInterval: Duration = .seconds(10)

  /// Takes no lock for longer than the call, so that a server of another PID namespace can be stopped.
  private func startOnce() async throws(PostgresError) -> Start {
    let lock = try await takeStartLock()
    defer { withExtendedLifetime(lock) {} }
    return try await startLocked()
  }

  /// Starts the server again if it has ended. Returns its process; nil when this object has been stopped.
  func revive() async throws(PostgresError) -> Int32? {
    let lock = try await takeStartLock()
    defer { withExtendedLifetime(lock) {} }
    guard isStarted else { return nil }
    switch try await startLocked() {
    case .running(let pid): return pid
    case .elsewhere(let pid):
      throw PostgresError(
        .server, "another server runs on \(home), \(PostgresServer.elsewhere(pid))",
        hint: PostgresServer.elsewhereHint, server: "The embedded PostgreSQL")
    }
  }

  /// The process of the server; nil when it has ended or this object does not use it.
  var process: Int32? {
    guard isStarted, let folders else { return nil }
    return ServerProcess.running(dataFolder: folders.data)?.pid
  }

  private static func elsewhere(_ pid: Int32?) -> String {
    "started in another PID namespace or container" + (pid.map { " (PID \($0) there)" } ?? "")
  }

  private static let elsewhereHint = "end the controller there, which stops its server"

  /// Releases the server, and stops it when no other process uses the state folder. Returns whether it was
  /// stopped.
  @discardableResult
  package func stop() async throws(PostgresError) -> Bool {
    isStarted = false
    guard let lock = userLock, let folders else { return false }
    userLock = nil
    let startLock = try await takeStartLock()
    defer { withExtendedLifetime((startLock, lock)) {} }
    guard lock.tryLock(.exclusive) else { return false }
    try await shutDown(folders)
    return true
  }

  /// Restarts the server, for settings that need it. All connections break; pools open new ones. Waits for
  /// the running statements of this process and delays later ones; statements of other processes fail.
  package func restart() async throws(PostgresError) {
    try MutationFence.require(PostgresErrorCode.leaseLost)
    let lock = try await takeStartLock()
    defer { withExtendedLifetime(lock) {} }
    await gate.shut()
    defer { gate.open() }
    // A lease that the server itself keeps cannot be renewed meanwhile. A restart that began completes.
    try await MutationFence.$lease.withValue(nil) { await Result(catching: stopAndStart) }.get()
  }

  private func stopAndStart() async throws(PostgresError) {
    if let folders { try await shutDown(folders) }
    guard case .running = try await startLocked() else {
      throw PostgresError(
        .server, "another PID namespace or container has started a server on \(home) during the restart",
        hint: PostgresServer.elsewhereHint, server: "The embedded PostgreSQL")
    }
  }

  /// The configuration for one of its databases; this object must have started the server.
  package func configuration(database: String = "postgres") throws(PostgresError) -> PostgresConfiguration {
    let folders = try startedFolders()
    var configuration = PostgresConfiguration(socketFolder: folders.socket, database: database)
    configuration.gate = gate
    return configuration
  }

  /// Returns the data folder, after creating it if needed. It may be empty, so that a backup can be restored
  /// into it.
  package func dataFolder() async throws(PostgresError) -> String {
    let lock = try await takeStartLock()
    defer { withExtendedLifetime(lock) {} }
    let folders = try await prepared()
    try Files.makeFolder(folders.data, mode: 0o700, owner: folders.user)
    return folders.data
  }

  /// The folder outside a state folder that has the data folder of its server; nil where the state folder has
  /// it, or where there is no data yet.
  package static func dataParent(ofState stateFolder: String) -> String? {
    ServerFolders.recordedBase(home: "\(stateFolder)/postgres")
  }

  /// The folder of its socket; nil before the server was started.
  package var socketFolder: String? { folders?.socket }

  /// Creates the database; returns false when it already exists.
  @discardableResult
  package func createDatabase(_ name: String) async throws(PostgresError) -> Bool {
    let pool = PostgresPool(try configuration(), connections: 1)
    let quoted = "\"\(name.replacing("\"", with: "\"\""))\""
    do throws(PostgresError) {
      let known = try await pool.query("SELECT 1 FROM pg_database WHERE datname = $1", [.text(name)])
      if known.isEmpty { try await pool.query("CREATE DATABASE \(quoted)") }
      await pool.close()
      return known.isEmpty
    } catch {
      await pool.close()
      // Another process created it after the check.
      if error.sqlState == "42P04" || error.code == .duplicate { return false }
      throw error
    }
  }

  /// The last lines of the server's log, for errors.
  package func logTail(lineCount: Int = 5) -> String { Files.tail(logFile, lineCount: lineCount) }

  func startedFolders() throws(PostgresError) -> ServerFolders {
    guard isStarted, let folders else {
      throw PostgresError(.server, "it has not been started", server: "The embedded PostgreSQL")
    }
    return folders
  }

  // MARK: Under the lock

  private func takeStartLock() async throws(PostgresError) -> FileLock {
    try Files.makeFolder(home)
    let lock = try FileLock(home + "/start.lock")
    try await lock.lock(.exclusive, timeout: options.startLimit)
    return lock
  }

  func prepared() async throws(PostgresError) -> ServerFolders {
    if let folders { return folders }
    let prepared = try await ServerFolders.prepare(home: home, user: try ServerUser.needed())
    folders = prepared
    return prepared
  }

  private func shutDown(_ folders: ServerFolders) async throws(PostgresError) {
    guard let running = ServerProcess.running(dataFolder: folders.data) else { return }
    running.stopFast()
    let start = ContinuousClock.now
    var isForced = false
    while ServerProcess.running(dataFolder: folders.data)?.pid == running.pid {
      if !isForced, ContinuousClock.now - start > .seconds(60) {
        isForced = true
        running.stopImmediately()
      }
      guard ContinuousClock.now - start < .seconds(90) else { throw tooSlow("stop") }
      try await pause()
    }
  }

  func tooSlow(_ verb: String) -> PostgresError {
    PostgresError(
      .server, "it did not \(verb) in time", hint: "check \(logFile)", server: "The embedded PostgreSQL")
  }
}
