internal import Model

extension PostgresServer {
  /// The end of a start.
  enum Start {
    case running(Int32)
    /// A server of another PID namespace runs, with this number there.
    case elsewhere(Int32?)
  }

  /// Starts the server and waits until it answers; called under the start lock.
  func startLocked() async throws(PostgresError) -> Start {
    let folders = try await prepared()
    let isNewUser = userLock == nil
    if isNewUser {
      let lock = try FileLock(home + "/users.lock")
      // Exclusive locks are taken only under the start lock, which this process holds.
      guard lock.tryLock(.shared) else {
        throw PostgresError(.server, "\(home)/users.lock is locked", server: "The embedded PostgreSQL")
      }
      userLock = lock
    }
    do throws(PostgresError) {
      let start = try await startAndAwaitAnswer(folders)
      if case .elsewhere = start { userLock = nil }
      return start
    } catch {
      if isNewUser { userLock = nil }
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
  private func startAndAwaitAnswer(_ folders: ServerFolders) async throws(PostgresError) -> Start {
    var lostServers = 0
    var (pendingPid, pendingSince) = (Int32(0), ContinuousClock.now)
    while true {
      let start = try await startIfNeeded(folders)
      guard case .running(let pid) = start else { return start }
      if pid != pendingPid { (pendingPid, pendingSince) = (pid, .now) }
      do throws(PostgresError) {
        try await waitUntilWritable(folders)
        if ServerProcess.running(dataFolder: folders.data)?.pid == pid { return start }
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

  /// How long the processes of a server may outlive its main process before they get SIGTERM, and then
  /// SIGKILL: a command that archives WAL, for example, waits for its storage.
  private static let outlivingLimits: (terminate: Duration, kill: Duration) = (.seconds(2), .seconds(3))

  /// Returns the process id once the pid file says that the server is ready.
  private func startIfNeeded(_ folders: ServerFolders) async throws(PostgresError) -> Start {
    let deadline = ContinuousClock.now + options.startLimit
    var endingSince: ContinuousClock.Instant?
    while true {
      switch try ServerPresence.find(folders) {
      case .absent(let lock): return .running(try await launch(folders, lock, deadline))
      case .elsewhere(let pid): return .elsewhere(pid)
      case .running(let process):
        if folders.isReady(process) { return .running(process.pid) }
      case .starting: break
      case .ending(let processes):
        let since = endingSince ?? .now
        endingSince = since
        let span = ContinuousClock.now - since
        if span > PostgresServer.outlivingLimits.terminate {
          ServerProcess.end(processes, isForced: span > PostgresServer.outlivingLimits.kill)
        }
      }
      guard ContinuousClock.now < deadline else { throw tooSlow("start") }
      try await pause()
    }
  }

  private func launch(
    _ folders: ServerFolders, _ lock: PostmasterLock, _ deadline: ContinuousClock.Instant
  ) async throws(PostgresError) -> Int32 {
    let programs = try ServerPrograms.find(major: folders.major)
    if !folders.isInitialised { try await folders.initialise(programs, isDurable: options.isDurable) }
    // Backends of a killed server of version 0.4.0 hold its shared memory for a moment; the new one does not
    // start meanwhile.
    var attempt = 1
    while true {
      ServerProcess.removeStalePidFile(folders.data, socketFolder: folders.socket)
      let pid = try lock.spawn(folders.startCommand(programs, options.settings), log: folders.log)
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
}
