import Glibc
import Model
import Postgres
import PostgresSupport
import Testing

@Suite struct CancellationTests {
  @Test("Cancelling a task cancels its statement", .timeLimit(.minutes(1)))
  func cancellingATaskCancelsItsStatement() async throws {
    try await TestDatabase.with(connections: 2) { pool in
      let sleeping = Task { try await pool.query("SELECT pg_sleep(3600)") }
      try await pool.waitUntilSleeping(1)
      sleeping.cancel()
      let error = await #expect(throws: PostgresError.self) { try await sleeping.value }
      #expect(error?.code == .cancelled)
      try await pool.waitUntilSleeping(0)
    }
  }

  @Test(
    "A server that does not answer a cancellation is abandoned", .timeLimit(.minutes(1)),
    arguments: [true, false])
  func aServerThatDoesNotAnswerACancellation(isScript: Bool) async throws {
    try await TestDatabase.with(connections: 2) { pool in
      let process = Task {
        if isScript { try await pool.script("SELECT pg_sleep(3600)") }
        try await pool.query("SELECT pg_sleep(3600)")
      }
      try await pool.waitUntilSleeping(1)
      let sql =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
      let backend = pid_t(try await pool.query(sql).only().int(0))
      kill(backend, SIGSTOP)
      defer { kill(backend, SIGCONT) }
      let start = ContinuousClock.now
      process.cancel()
      let error = await #expect(throws: PostgresError.self) { try await process.value }
      #expect(error?.code == .cancelled)
      #expect(ContinuousClock.now - start < .seconds(5))
      #expect(try await pool.query("SELECT 1").only().int(0) == 1)
    }
  }

  @Test("A cancelled transaction is rolled back", .timeLimit(.minutes(1)))
  func aCancelledTransactionIsRolledBack() async throws {
    try await TestDatabase.with(connections: 2) { pool in
      try await pool.query("CREATE TABLE t (a int)")
      let task = Task {
        try await pool.transaction { transaction in
          try await transaction.query("INSERT INTO t VALUES (1)")
          try await transaction.query("SELECT pg_sleep(3600)")
        }
      }
      try await pool.waitUntilSleeping(1)
      task.cancel()
      let error = await #expect(throws: PostgresError.self) { try await task.value }
      #expect(error?.code == .cancelled)
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 0)
    }
  }

  @Test("A task that waits for a connection can be cancelled", .timeLimit(.minutes(1)))
  func aTaskThatWaitsForAConnectionCanBeCancelled() async throws {
    try await TestDatabase.with(connections: 1) { pool in
      try await pool.transaction { transaction in
        try await transaction.query("SELECT 1")
        let waiting = Task { try await pool.query("SELECT 2") }
        waiting.cancel()
        let error = await #expect(throws: PostgresError.self) { try await waiting.value }
        #expect(error?.code == .cancelled)
      }
      #expect(try await pool.query("SELECT 3").only().int(0) == 3)
    }
  }

  @Test("Notifications arrive in order", .timeLimit(.minutes(1)))
  func notificationsArriveInOrder() async throws {
    try await TestDatabase.with { pool in
      let notifications = try await pool.notifications(on: "jobs", "Odd \"name\"")
      try await pool.pipeline([
        Statement("SELECT pg_notify('jobs', '1')"), Statement("SELECT pg_notify('Odd \"name\"', 'zwei')"),
      ])
      try await pool.query("SELECT pg_notify('other', '3')")
      try await pool.query("NOTIFY jobs")
      var received: [String] = []
      for try await notification in notifications {
        received.append("\(notification.channel)=\(notification.payload)")
        if received.count == 3 { break }
      }
      #expect(received == ["jobs=1", "Odd \"name\"=zwei", "jobs="])
    }
  }

  @Test("Listening ends when the task is cancelled", .timeLimit(.minutes(1)))
  func listeningEndsWhenTheTaskIsCancelled() async throws {
    try await TestDatabase.with { pool in
      let notifications = try await pool.notifications(on: "jobs")
      let listening = Task {
        var count = 0
        for try await _ in notifications { count += 1 }
        return count
      }
      listening.cancel()
      #expect(try await listening.value == 0)
    }
  }

  @Test("Listening throws when the connection breaks", .timeLimit(.minutes(1)))
  func listeningThrowsWhenTheConnectionBreaks() async throws {
    try await TestDatabase.with { pool in
      let notifications = try await pool.notifications(on: "jobs")
      let others =
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        """
      try await pool.query(others)
      let iterate = { () async throws(PostgresError) in
        var iterator = notifications.makeAsyncIterator()
        while try await iterator.next() != nil {}
      }
      let error = await #expect(throws: PostgresError.self) { try await iterate() }
      #expect(error?.code == .unreachable)
    }
  }
}

extension PostgresPool {
  fileprivate func waitUntilSleeping(_ count: Int64) async throws {
    let sql =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    while try await query(sql).only().int(0) != count {}
  }
}
