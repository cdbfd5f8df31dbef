internal import CLibPQ
internal import Glibc
internal import Model

/// One connection on a thread of its own. It stays in libpq's pipeline mode, so that every batch of
/// statements is one round trip; see `Connection+Batches.swift`. The pool ensures that it has one user at a
/// time.
actor Connection {
  private let thread = ConnectionThread()
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
  nonisolated let interrupt = Interrupt()
  nonisolated let server: String

  private let configuration: PostgresConfiguration
  private var handle: ConnectionHandle?
  /// Names of prepared statements by their text.
  var prepared: [String: String] = [:]
  /// The server forgot the prepared statements, or can no longer execute them.
  var mustForgetPrepared = false
  /// The server did not answer a cancellation; the outcome of the statement is unknown.
  var isAbandoned = false

  init(_ configuration: PostgresConfiguration) {
    self.configuration = configuration
    server = configuration.server
  }

  var pointer: OpaquePointer? { handle?.pointer }

  /// Connects and sets what parsing the text format relies on: UTC, ISO dates, hexadecimal bytea.
  func open(_ ticket: Interrupt.Ticket) -> Result<Void, PostgresError> {
    let parameters = configuration.connectionParameters()
    let started = withCStrings(parameters.map(\.keyword)) { keywords in
      withCStrings(parameters.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
    }
    guard let started else { return .failure(PostgresError(.unreachable, "no memory", server: server)) }
    let handle = ConnectionHandle(started)
    if case .failure(let error) = finishConnecting(started, ticket) { return .failure(error) }
    handle.receiveNotices()
    guard PQsetnonblocking(started, 1) == 0, PQenterPipelineMode(started) == 1 else {
      return .failure(connectionError(started))
    }
    self.handle = handle
    return run([Connection.sessionSettings], opening: [], ticket, checksIdle: false).map { _ in }
  }

  private static let sessionSettings = Statement(
    """
    SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),
      set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false)
    """)

  private func finishConnecting(
    _ connection: OpaquePointer, _ ticket: Interrupt.Ticket
  ) -> Result<Void, PostgresError> {
    let deadline = ContinuousClock.now + .seconds(configuration.connectSeconds)
    guard PQstatus(connection) != CONNECTION_BAD else { return .failure(connectionError(connection)) }
    var wanted = PGRES_POLLING_WRITING
    while true {
      let remaining = deadline - ContinuousClock.now
      guard remaining > .zero else {
        return .failure(
          PostgresError(
            .unreachable, "no answer within \(configuration.connectSeconds) s", server: server))
      }
      let milliseconds = Int32(clamping: remaining.components.seconds * 1000 + 1000)
      _ = wait(
        for: wanted == PGRES_POLLING_READING ? Int16(POLLIN) : Int16(POLLOUT), on: PQsocket(connection),
        milliseconds: milliseconds)
      if interrupt.consume(ticket) { return .failure(cancelledError) }
      wanted = PQconnectPoll(connection)
      if wanted == PGRES_POLLING_OK { return .success(()) }
      if wanted == PGRES_POLLING_FAILED { return .failure(connectionError(connection)) }
    }
  }

  /// Sends Terminate and closes the socket.
  func close() { handle = nil }

  var cancelledError: PostgresError {
    PostgresError(.cancelled, "the task was cancelled", server: server)
  }

  var lostError: PostgresError {
    PostgresError(
      .unreachable, "the connection was lost before the transaction was committed", server: server)
  }

  func connectionError(_ connection: OpaquePointer) -> PostgresError {
    PostgresError(
      connectionText: PQerrorMessage(connection).map { String(cString: $0) } ?? "", server: server)
  }

  /// Waits until the socket is ready or an interruption arrives.
  func wait(for events: Int16, on socket: Int32, milliseconds: Int32 = -1) -> Int16 {
    var descriptors = [
      pollfd(fd: socket, events: events, revents: 0),
      pollfd(fd: interrupt.readEnd, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&descriptors, 2, milliseconds)
    return descriptors[0].revents
  }

  /// Whether the server has closed the connection while it was idle.
  func isStale(_ connection: OpaquePointer) -> Bool {
    guard PQstatus(connection) == CONNECTION_OK else { return true }
    var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
    while poll(&descriptor, 1, 0) > 0 {
      guard PQconsumeInput(connection) == 1, PQstatus(connection) == CONNECTION_OK else { return true }
      // Makes libpq parse what arrived and pass a termination notice to the notice receiver.
      _ = PQisBusy(connection)
    }
    return handle?.hasTerminationNotice == true
  }

  /// Sends the server a request to cancel the running statement, over a second connection. Runs on a thread
  /// of its own, because libpq blocks until the server answers.
  func cancelRunningStatement(_ connection: OpaquePointer) {
    guard let cancel = PQgetCancel(connection) else { return }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { cancel in
        guard let cancel else { return nil }
        var text: [CChar] = Array(repeating: 0, count: 256)
        _ = PQcancel(OpaquePointer(cancel), &text, Int32(text.count))
        PQfreeCancel(OpaquePointer(cancel))
        return nil
      }, UnsafeMutableRawPointer(cancel))
    guard code == 0 else { return PQfreeCancel(cancel) }
    pthread_detach(thread)
  }

  /// Whether the server closed the connection since its last use.
  var isLost: Bool { pointer.map { isStale($0) } ?? true }

  var isInTransaction: Bool {
    guard let pointer else { return false }
    let status = PQtransactionStatus(pointer)
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
  }

  /// Whether the pool can hand the connection out again: it is alive and outside any transaction.
  var isUsable: Bool {
    guard let pointer else { return false }
    return PQstatus(pointer) == CONNECTION_OK && PQtransactionStatus(pointer) == PQTRANS_IDLE
  }
}

/// Owns a connection of libpq. `@unchecked`: only the thread of its actor uses the pointer, and the
/// connection is closed when the actor releases it, so when no reference is left.
private final class ConnectionHandle: @unchecked Sendable {
  let pointer: OpaquePointer
  private let terminationNotice = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    terminationNotice.initialize(to: false)
  }

  deinit {
    PQfinish(pointer)
    terminationNotice.deallocate()
  }

  /// Whether the server announced, outside any statement, that it ends the session.
  var hasTerminationNotice: Bool { terminationNotice.pointee }

  /// Discards notices, which libpq would print.
  func receiveNotices() {
    PQsetNoticeReceiver(
      pointer,
      { terminationNotice, result in
        let sqlState = PQresultErrorField(result, Int32(UInt8(ascii: "C")))
        guard let sqlState, String(cString: sqlState).hasPrefix("57P") else { return }
        terminationNotice?.assumingMemoryBound(to: Bool.self).pointee = true
      }, terminationNotice)
  }
}

/// Calls `body` with a nil-terminated list of C strings.
private func withCStrings<Output>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Output
) -> Output {
  let copies = texts.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  let pointers = copies.map { copy in copy.map { UnsafePointer($0) } } + [nil]
  return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
}
