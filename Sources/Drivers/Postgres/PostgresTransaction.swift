internal import Model

/// How a transaction runs.
package struct TransactionOptions: Sendable {
  package enum Isolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
  }

  package var isolation: Isolation
  package var isReadOnly: Bool
  /// Server settings for this transaction only (`SET LOCAL`), such as `lock_timeout`.
  package var settings: [String: String]
  /// How often the body runs at most when the server reports a conflict (40001, 40P01).
  package var attempts: Int

  package init(
    isolation: Isolation = .readCommitted, isReadOnly: Bool = false, settings: [String: String] = [:],
    attempts: Int = 10
  ) {
    self.isolation = isolation
    self.isReadOnly = isReadOnly
    self.settings = settings
    self.attempts = attempts
  }

  /// Its locks are free before it is safe from a crash of the server, so that others do not wait for the disk: nobody may be
  /// told of it before `PostgresPool.flush`.
  /// For statements that lead through indexes whatever the tables hold: they are planned once for a connection.
  package static let flushedLater = TransactionOptions(settings: [
    "synchronous_commit": "off", "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off",
  ])
  package static let serializable = TransactionOptions(isolation: .serializable)

  /// What is sent before the first statement.
  var opening: [Statement] {
    let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(isReadOnly ? " READ ONLY" : "")"
    guard !settings.isEmpty else { return [Statement(begin)] }
    let sorted = settings.sorted { $0.key < $1.key }
    let calls = sorted.indices.map { "set_config($\($0 * 2 + 1), $\($0 * 2 + 2), true)" }
    return [
      Statement(begin),
      Statement(
        "SELECT " + calls.joined(separator: ", "), sorted.flatMap { [.text($0.key), .text($0.value)] }),
    ]
  }
}

/// A transaction in progress; good only inside the body that it was handed to. It begins on the server with its
/// first statement, in the same round trip.
package struct PostgresTransaction: Sendable {
  fileprivate let connection: Connection
  fileprivate let pool: PostgresPool
  fileprivate let opening: [Statement]

  @discardableResult
  package func query(_ sql: String, _ parameters: [SQLValue] = []) async throws(PostgresError) -> Rows {
    try await pipeline([Statement(sql, parameters)])[0]
  }

  /// Sends all statements in one round trip; those behind the first that fails are not executed.
  @discardableResult
  package func pipeline(_ statements: [Statement]) async throws(PostgresError) -> [Rows] {
    guard !statements.isEmpty else { return [] }
    return try await pool.interruptible(connection) { connection, ticket in
      await connection.run(statements, opening: opening, ticket, checksIdle: false)
    }.get()
  }

  /// The last statements of the transaction, committed in the same round trip.
  package func finish(_ statements: [Statement]) async throws(PostgresError) {
    try await pipeline(statements + [Statement("COMMIT")])
  }

  /// Runs a text of several statements without parameters.
  package func script(_ sql: String) async throws(PostgresError) {
    try await query("SELECT 1")
    try await pool.interruptible(connection) { connection, ticket in
      await connection.runScript(sql, ticket)
    }.get()
  }
}

extension PostgresPool {
  /// Returns once everything that was committed before is safe from a crash of the server.
  package func flush() async throws(PostgresError) {
    try await query("SELECT pg_logical_emit_message(true, 'flush', '')")
  }

  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. On a conflict with another
  /// transaction it runs again, so it must not have effects outside the database.
  @discardableResult
  package func transaction<Output>(
    _ options: TransactionOptions = TransactionOptions(),
    _ body: (PostgresTransaction) async throws(PostgresError) -> Output
  ) async throws(PostgresError) -> Output {
    let outcome: Result<Output, TransactionFailure<PostgresError>> = await run(options, \.self, body)
    switch outcome {
    case .success(let output): return output
    case .failure(.body(let error)), .failure(.database(let error)): throw error
    }
  }

  /// The same for bodies that throw errors of their own; those roll back and are thrown on.
  @discardableResult
  package func transaction<Output>(
    _ options: TransactionOptions = TransactionOptions(),
    throwingAny body: (PostgresTransaction) async throws -> Output
  ) async throws -> Output {
    let outcome: Result<Output, TransactionFailure<any Error>> = await run(
      options, { $0 as? PostgresError }, body)
    switch outcome {
    case .success(let output): return output
    case .failure(.body(let error)): throw error
    case .failure(.database(let error)): throw error
    }
  }

  private func run<Output, Failure: Error>(
    _ options: TransactionOptions, _ postgresError: (Failure) -> PostgresError?,
    _ body: (PostgresTransaction) async throws(Failure) -> Output
  ) async -> Result<Output, TransactionFailure<Failure>> {
    var attempt = 1
    while true {
      let outcome = await runOnce(options, body)
      let conflict: PostgresError? =
        switch outcome {
        case .success: nil
        case .failure(.database(let error)): error
        case .failure(.body(let failure)): postgresError(failure)
        }
      guard let conflict, conflict.code == .conflict, attempt < options.attempts, !Task.isCancelled else {
        return outcome
      }
      // Those who were in each other's way must not meet again at once.
      try? await Task.sleep(for: .microseconds(Int.random(in: 0...(500 << min(attempt, 8)))))
      attempt += 1
    }
  }

  private func runOnce<Output, Failure: Error>(
    _ options: TransactionOptions, _ body: (PostgresTransaction) async throws(Failure) -> Output
  ) async -> Result<Output, TransactionFailure<Failure>> {
    let connection: Connection
    switch await leaseFresh() {
    case .success(let leased): connection = leased
    case .failure(let error): return .failure(.database(error))
    }
    let transaction = PostgresTransaction(connection: connection, pool: self, opening: options.opening)
    let outcome: Result<Output, TransactionFailure<Failure>>
    do throws(Failure) {
      let output = try await body(transaction)
      outcome =
        switch await connection.endTransaction(commits: true) {
        case .success: .success(output)
        case .failure(let error): .failure(.database(error))
        }
    } catch {
      // Its failure says less than the error at hand; a connection that cannot roll back is thrown away.
      _ = await connection.endTransaction(commits: false)
      outcome = .failure(.body(error))
    }
    await giveBack(connection)
    return outcome
  }
}

private enum TransactionFailure<Failure: Error>: Error {
  case database(PostgresError)
  case body(Failure)
}

extension Connection {
  /// Commits or rolls back what is open; never interrupted, so that the outcome is known.
  fileprivate func endTransaction(commits: Bool) -> Result<Void, PostgresError> {
    guard isInTransaction else { return isUsable || !commits ? .success(()) : .failure(lostError) }
    let statement = Statement(commits ? "COMMIT" : "ROLLBACK")
    return run([statement], opening: [], interrupt.issue(), checksIdle: false).flatMap { rows in
      guard commits, rows[0].tag != "COMMIT" else { return .success(()) }
      return .failure(
        PostgresError(
          .transactionAborted, "the transaction was rolled back because a statement in it had failed",
          server: server))
    }
  }
}
