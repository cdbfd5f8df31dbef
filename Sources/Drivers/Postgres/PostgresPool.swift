internal import Model
internal import Synchronization

/// A bounded set of connections to one database, opened on demand. Many tasks may run statements at once;
/// each waits for a free connection, first in, first out. Cancelling a task cancels its statement on the
/// server.
package final class PostgresPool: StatementExecutor {
  package let configuration: PostgresConfiguration
  private let state: Mutex<PoolState>

  /// Opens no connection yet.
  /// - Parameter connections: The maximum number of open connections, not counting those that listen.
  package init(_ configuration: PostgresConfiguration, connections: Int = 8) {
    precondition(connections > 0)
    self.configuration = configuration
    state = Mutex(PoolState(limit: connections))
  }

  /// The server and database; safe to show.
  package var server: String { configuration.server }

  /// Whether the embedded server of this pool has ended or is being restarted: statements wait for it.
  package var isServerDown: Bool { configuration.gate.map { $0.isDown || $0.isRestarting } ?? false }

  /// Sends all statements in one round trip, as one transaction: all take effect or none. Throws the error of
  /// the first failing statement.
  @discardableResult
  package func pipeline(_ statements: [Statement]) async throws(PostgresError) -> [Rows] {
    guard !statements.isEmpty else { return [] }
    var stale = 0
    var outdatedPlans = 0
    while true {
      let connection = try await acquire().get()
      let outcome = await fenced(connection) { connection, ticket in
        await connection.runBatch(statements, opening: [], ticket, checksIdle: true)
      }
      await release(connection)
      switch outcome {
      case .success(let rows): return rows
      case .failure(let failure) where failure.isStale && stale < PoolState.staleRetries: stale += 1
      case .failure(let failure) where failure.error.isOutdatedPlan && outdatedPlans < 16:
        outdatedPlans += 1
      case .failure(let failure): throw failure.error
      }
    }
  }

  /// Runs a text of several statements without parameters, as one transaction unless it commits itself.
  package func script(_ sql: String) async throws(PostgresError) {
    let connection = try await acquireFresh().get()
    let outcome: Result<Void, PostgresError>
    do throws(PostgresError) {
      try MutationFence.require(PostgresErrorCode.leaseLost)
      outcome = await interruptible(connection) { connection, ticket in
        await connection.runScript(sql, ticket)
      }
    } catch {
      outcome = .failure(error)
    }
    await release(connection)
    try outcome.get()
  }

  /// Runs a batch after checking the mutation fence, which also refuses to read: the step is over.
  private func fenced(
    _ connection: Connection,
    _ operation: (Connection, Interrupt.Ticket) async -> Result<[Rows], BatchFailure>
  ) async -> Result<[Rows], BatchFailure> {
    do throws(PostgresError) {
      try MutationFence.require(PostgresErrorCode.leaseLost)
    } catch {
      return .failure(BatchFailure(error: error, statement: nil))
    }
    return await interruptible(connection, operation)
  }

  /// Closes idle connections at once and the others when they are returned. Waiting callers get `.closed`.
  package func close() async {
    let (idle, waiters) = state.withLock { $0.close() }
    for waiter in waiters { waiter.resume(returning: .closed) }
    for connection in idle { await connection.close() }
  }

  // MARK: Leasing

  /// Lends a connection until `release`. While the embedded server restarts, waits at its gate.
  func acquire() async -> Result<Connection, PostgresError> {
    guard let gate = configuration.gate else { return await acquireUngated() }
    let deadline = ContinuousClock.now + ServerGate.downLimit
    while true {
      switch await gate.enter() {
      case .inside: break
      case .cancelled:
        return .failure(
          PostgresError(.cancelled, "the task was cancelled while the server restarted", server: server))
      case .down:
        return .failure(
          PostgresError(
            .unreachable, "the server has been down for more than \(ServerGate.downLimit)", server: server))
      }
      let leased = await acquireUngated()
      guard case .failure(let error) = leased else { return leased }
      gate.leave()
      // Nothing was sent yet, so the statement may wait for the server to come back.
      guard error.code == .unreachable, ContinuousClock.now < deadline, gate.reportUnreachable() else {
        return leased
      }
    }
  }

  private func acquireUngated() async -> Result<Connection, PostgresError> {
    switch await grant() {
    case .use(let connection): return .success(connection)
    case .closed:
      return .failure(PostgresError(.closed, "the pool of connections is closed", server: server))
    case .cancelled:
      return .failure(
        PostgresError(.cancelled, "the task was cancelled while waiting for a connection", server: server))
    case .open:
      let connection = Connection(configuration)
      let outcome = await interruptible(connection) { connection, ticket in await connection.open(ticket) }
      switch outcome {
      case .success: return .success(connection)
      case .failure(let error):
        settle(nil)
        return .failure(error)
      }
    }
  }

  /// Lends a connection after checking that it is alive.
  func acquireFresh() async -> Result<Connection, PostgresError> {
    for _ in 0..<PoolState.staleRetries {
      let leased = await acquire()
      guard case .success(let connection) = leased, await connection.isLost else { return leased }
      settle(nil)
      configuration.gate?.leave()
    }
    return await acquire()
  }

  func release(_ connection: Connection) async {
    settle(await connection.isUsable ? connection : nil)
    configuration.gate?.leave()
  }

  private func settle(_ connection: Connection?) {
    let next = state.withLock { $0.release(connection) }
    guard let next else { return }
    next.waiter.resume(returning: next.grant)
  }

  private func grant() async -> PoolState.Grant {
    let id: UInt64
    switch state.withLock({ $0.acquire() }) {
    case .grant(let grant): return grant
    case .wait(let number): id = number
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let grant = state.withLock({ $0.wait(continuation, id: id) }) {
          continuation.resume(returning: grant)
        }
      }
    } onCancel: {
      state.withLock({ $0.cancel(id) })?.resume(returning: .cancelled)
    }
  }

  /// Runs `operation`; cancelling the task interrupts it.
  func interruptible<Output>(
    _ connection: Connection, _ operation: (Connection, Interrupt.Ticket) async -> Output
  ) async -> Output {
    let ticket = connection.interrupt.issue()
    return await withTaskCancellationHandler {
      await operation(connection, ticket)
    } onCancel: {
      connection.interrupt.fire(ticket)
    }
  }
}

extension PostgresError {
  /// A prepared plan no longer matches the tables; preparing the statement again helps.
  var isOutdatedPlan: Bool {
    sqlState == "26000" || (sqlState == "0A000" && message.contains("cached plan"))
  }
}
