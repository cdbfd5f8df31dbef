internal import Model

/// A private PostgreSQL below a state folder, shared by all processes that use the folder: the first one
/// starts it, the last one stops it. It listens on a Unix socket in a folder that only its user may enter,
/// and on no network.
///
/// Each user of the folder holds a shared lock on `STATE/postgres/users.lock`, which the kernel releases even
/// after kill -9. The process that can turn its shared lock into an exclusive one is the last. Starting and
/// stopping happen under a second lock. A server that a killed process left behind is adopted.
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

  private let home: String
  private let options: Options
  /// Held while this object uses the server.
  private var userLock: FileLock?
  private var folders: ServerFolders?
  private let gate = ServerGate()

  /// - Parameter stateFolder: An absolute path; the server uses its subfolder `postgres`. Nothing is created
  ///   yet.
  package init(stateFolder: String, options: Options = Options()) {
    home = stateFolder + "/postgres"
    self.options = options
  }

  package var isStarted: Bool { userLock != nil }
  package nonisolated var logFile: String { home + "/log" }

  /// Returns when the server accepts connections: at once when it already runs. Calling it again restarts a
  /// server that has died.
  package func start() async throws(PostgresError) {
    let lock = try await takeStartLock()
    defer { withExtendedLifetime(lock) {} }
    try await startLocked()
  }

  /// Releases the server, and stops it when no other process uses the state folder. Returns whether it was
  /// stopped.
  @discardableResult
  package func stop() async throws(PostgresError) -> Bool {
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
    let lock = try await takeStartLock()
    defer { withExtendedLifetime(lock) {} }
    await gate.shut()
    defer { gate.open() }
    if let folders { try await shutDown(folders) }
    try await startLocked()
  }

  /// The configuration for one of its databases; this object must have started the server.
  package func configuration(database: String = "postgres") throws(PostgresError) -> PostgresConfiguration {
    guard userLock != nil, let folders else {
      throw PostgresError(.server, "it has not been started", server: "The embedded PostgreSQL")
    }
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
    guard userLock != nil, let folders else {
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

  private func prepared() async throws(PostgresError) -> ServerFolders {
    if let folders { return folders }
    let prepared = try await ServerFolders.prepare(home: home, user: try ServerUser.needed())
    folders = prepared
    return prepared
  }

  private func startLocked() async throws(PostgresError) {
    let folders = try await prepared()
    if userLock == nil {
      let lock = try FileLock(home + "/users.lock")
      // Exclusive locks are taken only under the start lock, which this process holds.
      guard lock.tryLock(.shared) else {
        throw PostgresError(.server, "\(home)/users.lock is locked", server: "The embedded PostgreSQL")
      }
      userLock = lock
    }
    do throws(PostgresError) {
      try await startAndAwaitAnswer(folders)
    } catch {
      userLock = nil
      throw error
    }
  }

  /// How long a live server may refuse connections, for example while it recovers from the crash of one of
  /// its processes.
  private static let answerLimit: Duration = .seconds(10)
  /// How many servers in a row may end before they answer: the killed one, and one more that is killed
  /// meanwhile.
  private static let lostServersLimit = 2

  /// Starts the server if needed and waits until it answers. A killed server looks alive and ready until the
  /// kernel has removed it, so a server that does not answer is polled while it lives and replaced when it is
  /// gone.
  private func startAndAwaitAnswer(_ folders: ServerFolders) async throws(PostgresError) {
    var lostServers = 0
    var (pendingPid, pendingSince) = (Int32(0), ContinuousClock.now)
    while true {
      let pid = try await startIfNeeded(folders)
      if pid != pendingPid { (pendingPid, pendingSince) = (pid, .now) }
      do throws(PostgresError) {
        try await waitUntilWritable(folders)
        if ServerProcess.running(dataFolder: folders.data)?.pid == pid { return }
      } catch {
        guard error.code == .unreachable else { throw error }
        let isAlive = ServerProcess.running(dataFolder: folders.data)?.pid == pid
        if !isAlive { lostServers += 1 }
        guard lostServers <= PostgresServer.lostServersLimit,
          ContinuousClock.now - pendingSince < PostgresServer.answerLimit || !isAlive
        else { throw error }
      }
      try await pause()
    }
  }

  /// Returns the process id once the pid file says that the server is ready.
  private func startIfNeeded(_ folders: ServerFolders) async throws(PostgresError) -> Int32 {
    let deadline = ContinuousClock.now + options.startLimit
    while let running = ServerProcess.running(dataFolder: folders.data) {
      if folders.isReady(running) { return running.pid }
      guard ContinuousClock.now < deadline else { throw tooSlow("start") }
      try await pause()
    }
    let programs = try ServerPrograms.find(major: folders.major)
    if !folders.isInitialised { try await folders.initialise(programs, isDurable: options.isDurable) }
    // Backends of a killed server hold its shared memory for a moment; the new one does not start meanwhile.
    var attempt = 1
    while true {
      ServerProcess.removeStalePidFile(folders.data, socketFolder: folders.socket)
      let pid = try ServerProcess.spawn(folders.startCommand(programs, options.settings), log: folders.log)
      if try await waitUntilReady(folders, child: pid, deadline) { return pid }
      let said = Files.tail(folders.log, lineCount: 6)
      guard said.contains("shared memory block") || said.contains("lock file"), attempt < 50 else {
        throw PostgresError(
          .server, "it ended while starting",
          hint: "the last lines of \(folders.log) say why", server: "The embedded PostgreSQL", detail: said)
      }
      for _ in 0..<20 { try await pause() }
      attempt += 1
    }
  }

  /// Returns false when the child ended.
  private func waitUntilReady(
    _ folders: ServerFolders, child: Int32, _ deadline: ContinuousClock.Instant
  ) async throws(PostgresError) -> Bool {
    while true {
      if ServerProcess.hasExited(child) { return false }
      if let running = ServerProcess.running(dataFolder: folders.data), running.pid == child,
        folders.isReady(running)
      {
        return true
      }
      guard ContinuousClock.now < deadline else { throw tooSlow("start") }
      try await pause()
    }
  }

  /// A server that recovers from an archive answers readers before it accepts writes.
  private func waitUntilWritable(_ folders: ServerFolders) async throws(PostgresError) {
    guard !folders.isStandby else { return }
    let configuration = PostgresConfiguration(socketFolder: folders.socket, database: "postgres")
    let pool = PostgresPool(configuration, connections: 1)
    let deadline = ContinuousClock.now + options.startLimit
    do throws(PostgresError) {
      while try await pool.query("SELECT pg_is_in_recovery() AS is_recovering").only().bool("is_recovering") {
        guard ContinuousClock.now < deadline else { throw tooSlow("finish recovery") }
        try await pause()
      }
    } catch {
      await pool.close()
      throw error
    }
    await pool.close()
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

  private func tooSlow(_ verb: String) -> PostgresError {
    PostgresError(
      .server, "it did not \(verb) in time", hint: "check \(logFile)", server: "The embedded PostgreSQL")
  }
}
