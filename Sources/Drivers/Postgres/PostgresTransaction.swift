internal import Model

/// The isolation, settings and repetition of a transaction.
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
  /// The maximum number of runs of the body when the server reports a conflict (40001, 40P01).
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

  /// Releases its locks before the commit is safe from a crash of the server, so that other transactions do
  /// not wait for the disk. Its outcome must not be reported before `PostgresPool.flush`. For statements that
  /// use indexes whatever the tables hold: they are planned once per connection.
  package static let flushedLater = TransactionOptions(settings: [
    "synchronous_commit": "off", "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off",
  ])
  package static let serializable = TransactionOptions(isolation: .serializable)

  /// The statements before the first one of the body.
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

/// A transaction in progress; valid only inside the body that receives it. It begins on the server with its
/// first statement, in the same round trip.
package struct PostgresTransaction: StatementExecutor {
  fileprivate let connection: Connection
  fileprivate let pool: PostgresPool
  fileprivate let opening: [Statement]

  /// Sends all statements in one round trip; statements after a failing one are not executed.
  @discardableResult
  package func pipeline(_ statements: [Statement]) async throws(PostgresError) -> [Rows] {
    guard !statements.isEmpty else { return [] }
    try MutationFence.require(PostgresErrorCode.leaseLost)
    return try await pool.interruptible(connection) { connection, ticket in
      await connection.run(statements, opening: opening, ticket, checksIdle: false)
    }.get()
  }

  /// Runs the last statements of the transaction and commits in the same round trip.
  package func finish(_ statements: [Statement]) async throws(PostgresError) {
    try await pipeline(statements + [Statement("COMMIT")])
  }

  /// Runs a text of several statements without parameters.
  package func script(_ sql: String) async throws(PostgresError) {
    try await query("SELECT 1")
    try MutationFence.require(PostgresErrorCode.leaseLost)
    try await pool.interruptible(connection) { connection, ticket in
      await connection.runScript(sql, ticket)
    }.get()
  }
}

extension PostgresPool {
  /// Returns once every earlier commit is safe from a crash of the server.
  package func flush() async throws(PostgresError) {
    try await query("SELECT pg_logical_emit_message(true, 'flush', '')")
  }

  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws. Runs it again after a
  /// conflict with another transaction, so it must not have effects outside the database.
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

  /// Variant for bodies that throw errors of their own; those roll back and are rethrown.
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
      // Conflicting transactions must not meet again at once.
      try? await Task.sleep(for: .microseconds(Int.random(in: 0...(500 << min(attempt, 8)))))
      attempt += 1
    }
  }

  private func runOnce<Output, Failure: Error>(
    _ options: TransactionOptions, _ body: (PostgresTransaction) async throws(Failure) -> Output
  ) async -> Result<Output, TransactionFailure<Failure>> {
    let connection: Connection
    switch await acquireFresh() {
    case .success(let leased): connection = leased
    case .failure(let error): return .failure(.database(error))
    }
    let transaction = PostgresTransaction(connection: connection, pool: self, opening: options.opening)
    let outcome: Result<Output, TransactionFailure<Failure>>
    do throws(Failure) {
      let output = try await body(transaction)
      outcome = await PostgresPool.commit(connection).map { output }.mapError { .database($0) }
    } catch {
      // The failure of the rollback says less than the error at hand; a connection that cannot roll back is
      // closed.
      _ = await connection.endTransaction(commits: false)
      outcome = .failure(.body(error))
    }
    await release(connection)
    return outcome
  }
}

extension PostgresPool {
  /// Rolls back where the mutation fence does not allow the commit.
  fileprivate static func commit(_ connection: Connection) async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      try MutationFence.require(PostgresErrorCode.leaseLost)
    } catch {
      _ = await connection.endTransaction(commits: false)
      return .failure(error)
    }
    return await connection.endTransaction(commits: true)
  }
}

private enum TransactionFailure<Failure: Error>: Error {
  case database(PostgresError)
  case body(Failure)
}

extension Connection {
  /// Commits or rolls back the open transaction. Cannot be interrupted, so that the outcome is known.
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
