/// Decides who gets which connection; a value without waiting, which `PostgresPool` guards and acts on.
struct PoolState {
  /// What somebody who asks for a connection gets.
  enum Place: Sendable {
    case use(Connection)
    /// The right to open one more.
    case open
    case closed
    case cancelled
  }

  enum Decision {
    case place(Place)
    /// To be handed to `wait`.
    case wait(id: UInt64)
  }

  typealias Waiter = CheckedContinuation<Place, Never>

  /// How many dead connections are passed over before a statement fails: a restart of the server kills all.
  static let staleRetries = 64

  private let limit: Int
  private var idle: [Connection] = []
  private var openCount = 0
  private var waiters: [(id: UInt64, waiter: Waiter)] = []
  private var nextID: UInt64 = 0
  /// Told to wait, and not yet waiting.
  private var announced: Set<UInt64> = []
  private var cancelled: Set<UInt64> = []
  private var isClosed = false

  init(limit: Int) { self.limit = limit }

  mutating func take() -> Decision {
    if waiters.isEmpty, let place = freePlace() { return .place(place) }
    nextID += 1
    announced.insert(nextID)
    return .wait(id: nextID)
  }

  /// The place, when there is one by now; else the waiter is kept until `release`, `cancel` or `close`.
  mutating func wait(_ waiter: Waiter, id: UInt64) -> Place? {
    announced.remove(id)
    if cancelled.remove(id) != nil { return .cancelled }
    if waiters.isEmpty, let place = freePlace() { return place }
    waiters.append((id, waiter))
    return nil
  }

  /// The waiter to be told `.cancelled`.
  mutating func cancel(_ id: UInt64) -> Waiter? {
    if let index = waiters.firstIndex(where: { $0.id == id }) { return waiters.remove(at: index).waiter }
    if announced.contains(id) { cancelled.insert(id) }
    return nil
  }

  /// Takes a connection back, or with nil the right to have one; tells who gets what in turn.
  mutating func release(_ connection: Connection?) -> (waiter: Waiter, place: Place)? {
    if let connection, !isClosed { idle.append(connection) } else { openCount -= 1 }
    guard !waiters.isEmpty, let place = freePlace() else { return nil }
    return (waiters.removeFirst().waiter, place)
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

  private mutating func freePlace() -> Place? {
    if isClosed { return .closed }
    if let connection = idle.popLast() { return .use(connection) }
    guard openCount < limit else { return nil }
    openCount += 1
    return .open
  }
}
