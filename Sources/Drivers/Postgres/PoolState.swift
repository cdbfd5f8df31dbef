/// Decides which caller gets which connection. A value that never waits; `PostgresPool` guards it and
/// performs its actions.
struct PoolState {
  /// The outcome of a caller's request for a connection.
  enum Grant: Sendable {
    case use(Connection)
    /// The right to open one more connection.
    case open
    case closed
    case cancelled
  }

  enum Action {
    case grant(Grant)
    /// The caller passes the id to `wait`.
    case wait(id: UInt64)
  }

  typealias Waiter = CheckedContinuation<Grant, Never>

  /// How many dead connections a statement skips before it fails: a restart of the server kills all of them.
  static let staleRetries = 64

  private let limit: Int
  private var idle: [Connection] = []
  private var openCount = 0
  private var waiters: [(id: UInt64, waiter: Waiter)] = []
  private var nextID: UInt64 = 0
  /// Callers with an id that have not called `wait` yet.
  private var expected: Set<UInt64> = []
  private var cancelled: Set<UInt64> = []
  private var isClosed = false

  init(limit: Int) { self.limit = limit }

  mutating func acquire() -> Action {
    if waiters.isEmpty, let grant = freeGrant() { return .grant(grant) }
    nextID += 1
    expected.insert(nextID)
    return .wait(id: nextID)
  }

  /// Returns a grant when one is available by now; otherwise keeps the waiter until `release`, `cancel` or
  /// `close`.
  mutating func wait(_ waiter: Waiter, id: UInt64) -> Grant? {
    expected.remove(id)
    if cancelled.remove(id) != nil { return .cancelled }
    if waiters.isEmpty, let grant = freeGrant() { return grant }
    waiters.append((id, waiter))
    return nil
  }

  /// Returns the waiter to resume with `.cancelled`.
  mutating func cancel(_ id: UInt64) -> Waiter? {
    if let index = waiters.firstIndex(where: { $0.id == id }) { return waiters.remove(at: index).waiter }
    if expected.contains(id) { cancelled.insert(id) }
    return nil
  }

  /// Returns a connection to the pool, or with nil the right to have one. Returns the next waiter with its
  /// grant.
  mutating func release(_ connection: Connection?) -> (waiter: Waiter, grant: Grant)? {
    if let connection, !isClosed { idle.append(connection) } else { openCount -= 1 }
    guard !waiters.isEmpty, let grant = freeGrant() else { return nil }
    return (waiters.removeFirst().waiter, grant)
  }

  mutating func close() -> (idle: [Connection], waiters: [Waiter]) {
    isClosed = true
    defer {
      openCount -= idle.count
      idle = []
      waiters = []
    }
    return (idle, waiters.map(\.waiter))
  }

  private mutating func freeGrant() -> Grant? {
    if isClosed { return .closed }
    if let connection = idle.popLast() { return .use(connection) }
    guard openCount < limit else { return nil }
    openCount += 1
    return .open
  }
}
