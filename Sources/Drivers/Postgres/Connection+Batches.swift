internal import CLibPQ
internal import Glibc
internal import Model

/// Why a batch failed, and at which statement.
struct BatchFailure: Error {
  let error: PostgresError
  /// Index into the batch; nil when the connection failed.
  let statement: Int?
  /// The server had closed the connection before anything was sent, so that the batch can be sent again.
  var isStale = false
}

extension Connection {
  /// The part of a batch that the server's next result belongs to.
  private enum Expected {
    case preparation(sql: String, name: String)
    /// A statement of `opening`, or `DEALLOCATE`.
    case preamble
    case statement(Int)
  }

  /// The maximum number of prepared texts; further ones are sent unprepared. Statements are constants, so
  /// only a program that builds their text reaches the limit.
  private static let preparedLimit = 512

  /// Sends all statements in one round trip. Outside a transaction they form one: all of them take effect or
  /// none. When no transaction is open, `opening` is sent first.
  func run(
    _ statements: [Statement], opening: [Statement], _ ticket: Interrupt.Ticket, checksIdle: Bool
  ) -> Result<[Rows], PostgresError> {
    switch runBatch(statements, opening: opening, ticket, checksIdle: checksIdle) {
    case .success(let rows): .success(rows)
    case .failure(let failure): .failure(failure.error)
    }
  }

  func runBatch(
    _ statements: [Statement], opening: [Statement], _ ticket: Interrupt.Ticket, checksIdle: Bool
  ) -> Result<[Rows], BatchFailure> {
    guard let connection = pointer else {
      let error = PostgresError(.unreachable, "the connection is closed", server: server)
      return .failure(BatchFailure(error: error, statement: nil, isStale: true))
    }
    if interrupt.isFired(ticket) { return .failure(BatchFailure(error: cancelledError, statement: nil)) }
    if checksIdle, isStale(connection) {
      return .failure(BatchFailure(error: connectionError(connection), statement: nil, isStale: true))
    }
    var expected: [Expected] = []
    let isIdle = PQtransactionStatus(connection) == PQTRANS_IDLE
    if mustForgetPrepared, isIdle {
      mustForgetPrepared = false
      prepared = [:]
      guard send(Statement("DEALLOCATE ALL"), as: .preamble, on: connection, &expected) else {
        return .failure(BatchFailure(error: connectionError(connection), statement: nil))
      }
    }
    var names: [String: String] = [:]
    for statement in isIdle ? opening : [] {
      guard send(statement, as: .preamble, on: connection, &expected) else {
        return .failure(BatchFailure(error: connectionError(connection), statement: nil))
      }
    }
    for (index, statement) in statements.enumerated() {
      guard sendPrepared(statement, index, on: connection, &names, &expected) else {
        return .failure(BatchFailure(error: connectionError(connection), statement: index))
      }
    }
    guard PQpipelineSync(connection) == 1 else {
      return .failure(BatchFailure(error: connectionError(connection), statement: nil))
    }
    return receive(expected, ticket, on: connection)
  }

  private func send(
    _ statement: Statement, as kind: Expected, on connection: OpaquePointer, _ expected: inout [Expected]
  ) -> Bool {
    let parameters = ParameterBuffer(statement.parameters)
    expected.append(kind)
    return parameters.withPointers { values, lengths, formats in
      PQsendQueryParams(
        connection, statement.sql, parameters.count, nil, values, lengths, formats, statement.format)
    } == 1
  }

  /// - Parameter names: The statements that this batch prepares.
  private func sendPrepared(
    _ statement: Statement, _ index: Int, on connection: OpaquePointer, _ names: inout [String: String],
    _ expected: inout [Expected]
  ) -> Bool {
    let name: String
    if let known = prepared[statement.sql] ?? names[statement.sql] {
      name = known
    } else if prepared.count + names.count < Connection.preparedLimit {
      name = "s\(prepared.count + names.count)"
      names[statement.sql] = name
      expected.append(.preparation(sql: statement.sql, name: name))
      guard PQsendPrepare(connection, name, statement.sql, 0, nil) == 1 else { return false }
    } else {
      return send(statement, as: .statement(index), on: connection, &expected)
    }
    let parameters = ParameterBuffer(statement.parameters)
    expected.append(.statement(index))
    return parameters.withPointers { values, lengths, formats in
      PQsendQueryPrepared(
        connection, name, parameters.count, values, lengths, formats, statement.format)
    } == 1
  }

  /// Reads all results up to that of the sync, so that the connection stays usable.
  private func receive(
    _ expected: [Expected], _ ticket: Interrupt.Ticket, on connection: OpaquePointer
  ) -> Result<[Rows], BatchFailure> {
    var rows: [Rows] = []
    rows.reserveCapacity(expected.count)
    var failure: BatchFailure?
    var index = 0
    while true {
      guard waitForResult(ticket, on: connection) else {
        let error = isAbandoned ? cancelledError : connectionError(connection)
        if isAbandoned { close() }
        return .failure(failure ?? BatchFailure(error: error, statement: nil))
      }
      guard let result = PQgetResult(connection) else {
        // The end of one statement's results.
        index += 1
        continue
      }
      let owned = QueryResult(result, server: server)
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC:
        return failure.map { .failure($0) } ?? .success(rows)
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
        guard index < expected.count else { continue }
        switch expected[index] {
        case .preparation(let sql, let name): prepared[sql] = name
        case .preamble: break
        case .statement: rows.append(Rows(owned))
        }
      case PGRES_PIPELINE_ABORTED: break
      default:
        if failure == nil {
          failure = failed(owned, at: index < expected.count ? expected[index] : .preamble, ticket)
        }
        if PQstatus(connection) != CONNECTION_OK, let failure { return .failure(failure) }
      }
    }
  }

  private func failed(_ result: QueryResult, at position: Expected, _ ticket: Interrupt.Ticket)
    -> BatchFailure
  {
    var error = PostgresError(result: result.pointer, server: server)
    if error.code == .unreachable, error.sqlState == nil, error.message.isEmpty {
      error = PostgresError(.unreachable, "the connection was lost", server: server)
    }
    // The server reports 0A000 when a migration changed a plan's result type, and 26000 after DISCARD.
    if error.sqlState == "0A000" || error.sqlState == "26000" { mustForgetPrepared = true }
    switch position {
    case .statement(let index): return BatchFailure(error: error, statement: index)
    case .preparation, .preamble: return BatchFailure(error: error, statement: nil)
    }
  }

  /// The time limit for the server's answer to a cancellation.
  private static let cancellationLimit = Duration.seconds(2)

  /// Sends what is buffered and waits until `PQgetResult` would not block. Passes a cancellation on to the
  /// server and waits for its answer up to `cancellationLimit`. Returns false when the connection is lost or
  /// abandoned.
  private func waitForResult(_ ticket: Interrupt.Ticket, on connection: OpaquePointer) -> Bool {
    var isFlushing = true
    var limit: ContinuousClock.Instant?
    while true {
      if isFlushing {
        let code = PQflush(connection)
        if code < 0 { isFlushing = false }
        isFlushing = code > 0
      }
      if !isFlushing, PQisBusy(connection) == 0 { return true }
      let events = Int16(POLLIN) | (isFlushing ? Int16(POLLOUT) : 0)
      let left = limit.map { max(($0 - ContinuousClock.now) / .milliseconds(1), 0) }
      let ready = wait(for: events, on: PQsocket(connection), milliseconds: left.map { Int32($0) + 1 } ?? -1)
      if limit == nil, interrupt.consume(ticket) {
        limit = ContinuousClock.now + Connection.cancellationLimit
        cancelRunningStatement(connection)
      }
      if let limit, ready == 0, ContinuousClock.now > limit {
        isAbandoned = true
        return false
      }
      if ready & Int16(POLLIN | POLLHUP | POLLERR) != 0, PQconsumeInput(connection) == 0 {
        return PQisBusy(connection) == 0
      }
    }
  }

  /// Runs a text of several statements without parameters. A failing statement rolls back those before it,
  /// unless the text commits.
  func runScript(_ sql: String, _ ticket: Interrupt.Ticket) -> Result<Void, PostgresError> {
    guard let connection = pointer, PQexitPipelineMode(connection) == 1 else {
      return .failure(PostgresError(.unreachable, "the connection is not usable", server: server))
    }
    defer { if let pointer { _ = PQenterPipelineMode(pointer) } }
    guard PQsendQuery(connection, sql) == 1 else { return .failure(connectionError(connection)) }
    var failure: PostgresError?
    while waitForResult(ticket, on: connection), let result = PQgetResult(connection) {
      let owned = QueryResult(result, server: server)
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        // Only closing the connection ends a copy from the client.
        close()
        return .failure(
          PostgresError(.syntax, "a script must not COPY from or to the client", server: server))
      default: failure = failure ?? PostgresError(result: owned.pointer, server: server)
      }
    }
    if isAbandoned {
      close()
      return .failure(cancelledError)
    }
    if PQstatus(connection) != CONNECTION_OK { failure = failure ?? connectionError(connection) }
    return failure.map { .failure($0) } ?? .success(())
  }
}
