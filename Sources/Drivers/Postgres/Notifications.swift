internal import CLibPQ
internal import Glibc
internal import Model

/// A message that another session sent with `NOTIFY`.
package struct Notification: Hashable, Sendable {
  package let channel: String
  package let payload: String
}

extension PostgresPool {
  /// Listens on these channels over a connection of its own, which does not count towards the pool's limit.
  /// Once this returns, every later notification arrives. The sequence ends when the task is cancelled, and
  /// throws when the connection breaks: notifications sent meanwhile are lost, so read the tables before
  /// listening again.
  package func notifications(on channels: String...) async throws(PostgresError) -> Notifications {
    let connection = Connection(configuration)
    try await interruptible(connection) { connection, ticket in await connection.open(ticket) }.get()
    let statements = channels.map { Statement("LISTEN \"\($0.replacing("\"", with: "\"\""))\"") }
    _ = try await interruptible(connection) { connection, ticket in
      await connection.run(statements, opening: [], ticket, checksIdle: false)
    }.get()
    return Notifications(connection: connection)
  }
}

/// Notifications in the order of their commits. Can be iterated once.
package struct Notifications: AsyncSequence, Sendable {
  package typealias Element = Notification
  package typealias Failure = PostgresError

  fileprivate let connection: Connection

  package func makeAsyncIterator() -> Iterator { Iterator(connection: connection) }

  package struct Iterator: AsyncIteratorProtocol {
    fileprivate let connection: Connection
    private var received: ArraySlice<Notification> = []

    fileprivate init(connection: Connection) { self.connection = connection }

    package mutating func next() async throws(PostgresError) -> Notification? {
      if let first = received.popFirst() { return first }
      let ticket = connection.interrupt.issue()
      let connection = connection
      let outcome = await withTaskCancellationHandler {
        await connection.nextNotifications(ticket)
      } onCancel: {
        connection.interrupt.fire(ticket)
      }
      received = try outcome.get()[...]
      return received.popFirst()
    }

    package mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(PostgresError) -> Notification? {
      try await next()
    }
  }
}

extension Connection {
  /// Waits for at least one notification; empty when interrupted.
  fileprivate func nextNotifications(_ ticket: Interrupt.Ticket) -> Result<[Notification], PostgresError> {
    guard let connection = pointer else {
      return .failure(PostgresError(.unreachable, "the connection is closed", server: server))
    }
    while true {
      var received: [Notification] = []
      while let notification = PQnotifies(connection) {
        received.append(
          Notification(
            channel: String(cString: notification.pointee.relname),
            payload: String(cString: notification.pointee.extra)))
        PQfreemem(notification)
      }
      if !received.isEmpty || interrupt.consume(ticket) { return .success(received) }
      let ready = wait(for: Int16(POLLIN), on: PQsocket(connection))
      if ready != 0, PQconsumeInput(connection) == 0 { return .failure(connectionError(connection)) }
    }
  }
}
