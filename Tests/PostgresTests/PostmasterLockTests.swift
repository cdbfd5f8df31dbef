import Glibc
import Model
import Postgres
import PostgresSupport
import Synchronization
import Testing

/// One server on a data folder, whichever PID namespaces its controllers are in. Serialized: each test starts
/// servers.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PostmasterLockTests {
  private func options(startLimit: Duration = .seconds(60)) -> PostgresServer.Options {
    PostgresServer.Options(isDurable: false, startLimit: startLimit)
  }

  /// Initialises a data folder and runs `body` with its files, while no server runs.
  private func withData(_ body: (ServerFiles) async throws -> Void) async throws {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder, options: options())
      try await server.start()
      #expect(try await server.stop())
      let files = ServerFiles(folder)
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(files)) } catch { outcome = .failure(error) }
      try await files.killServer()
      try outcome.get()
    }
  }

  @Test(
    "A server of another PID namespace is waited for, and never a second one starts",
    .enabled(if: geteuid() == 0, "only root makes PID namespaces"))
  func elsewhere() async throws {
    try await withData { files in
      try await files.launch(inNamespace: true, holdsLock: true)
      let number = try files.postmaster
      let other = try files.postmasters
      #expect(other.count == 1)
      let reports = Mutex<[String]>([])
      let hasty = PostgresServer(stateFolder: files.folder, options: options(startLimit: .seconds(1))) {
        text in
        reports.withLock { $0.append(text) }
      }
      let error = await #expect(throws: PostgresError.self) { try await hasty.start() }
      #expect(
        error?.message.contains("started in another PID namespace") == true, "\(error.debugDescription)")
      #expect(error?.hint?.contains("end the controller there") == true)
      let texts = reports.withLock { $0 }
      #expect(texts.count == 1)
      #expect(texts[0].contains("(PID \(number) there); waiting for it to end"), "\(texts)")
      #expect(try files.postmasters == other)

      let patient = PostgresServer(stateFolder: files.folder, options: options())
      async let started: Void = patient.start()
      try await ContinuousClock().sleep(for: .milliseconds(300))
      #expect(try files.postmasters == other)
      for pid in other { kill(pid, SIGKILL) }
      try await started
      #expect(try files.postmasters.count == 1)
      #expect(try files.postmasters != other)
      #expect(try await patient.stop())
    }
  }

  @Test(
    "A server of version 0.4.0 in another PID namespace is refused",
    .enabled(if: geteuid() == 0, "only root makes PID namespaces"))
  func formerVersionElsewhere() async throws {
    try await withData { files in
      try await files.launch(inNamespace: true, holdsLock: false)
      let server = PostgresServer(stateFolder: files.folder, options: options())
      let error = await #expect(throws: PostgresError.self) { try await server.start() }
      #expect(error?.hint == "stop the server of version 0.4.0 first")
      #expect(try files.postmasters.count == 1)
      try await files.killServer()
      try await server.start()
      #expect(try await server.stop())
    }
  }

  @Test("A server of version 0.4.0 that still runs is used as it is, and the next one holds the lock")
  func formerVersion() async throws {
    try await withData { files in
      try await files.launch(inNamespace: false, holdsLock: false)
      let before = try files.postmasters
      let server = PostgresServer(stateFolder: files.folder, options: options())
      try await server.start()
      #expect(try files.postmasters == before)
      try await server.restart()
      #expect(TestFolder.run(["flock", "-n", files.lock, "true"]) != 0, "the new server holds no lock")
      #expect(try await server.stop())
      #expect(try await files.isGone())
    }
  }

  @Test("The lock is free when the server has stopped, and held while it runs") func held() async throws {
    try await withData { files in
      #expect(try await files.isGone())
      #expect(TestFolder.run(["flock", "-n", files.lock, "true"]) == 0)
      let server = PostgresServer(stateFolder: files.folder, options: options())
      try await server.start()
      #expect(TestFolder.run(["flock", "-n", files.lock, "true"]) != 0)
      #expect(try await server.stop())
    }
  }

  @Test("A command that archives WAL and outlives its killed server does not prevent the next start")
  func outlivingCommand() async throws {
    try await withData { files in
      let settings = ["archive_mode": "on", "archive_command": "sleep 600"]
      let server = PostgresServer(
        stateFolder: files.folder, options: PostgresServer.Options(settings: settings, isDurable: false))
      try await server.start()
      let pool = PostgresPool(try await server.configuration(), connections: 1)
      try await pool.script("CREATE TABLE t (a int)")
      try await pool.query("SELECT pg_switch_wal()")
      let archives = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
      while try await pool.query(archives).only().int(0) == 0 {}
      // The archiver looks for segments when it is woken; its command is a process of its own.
      let count = try files.processes.count
      for _ in 0..<500 where try files.processes.count <= count {
        try await ContinuousClock().sleep(for: .milliseconds(10))
      }
      await pool.close()
      kill(try files.postmaster, SIGKILL)
      let span = try await ContinuousClock().measure { try await server.start() }
      #expect(span < .seconds(6), "the next server answered after \(span)")
      // A planned stop would wait for the command.
      #expect(try files.postmasters.count == 1)
    }
  }
}
