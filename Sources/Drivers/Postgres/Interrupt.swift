internal import Glibc
internal import Synchronization

/// Wakes a connection's thread to cancel the operation that a ticket stands for. A ticket of a finished
/// operation has no effect, so a late cancellation never hits the next statement.
final class Interrupt: Sendable {
  struct Ticket: Equatable, Sendable {
    fileprivate let number: UInt64
  }

  private struct State {
    var issued: UInt64 = 0
    var fired: UInt64 = 0
  }

  private let state = Mutex(State())
  /// Becomes readable when an operation is interrupted.
  let readEnd: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    // Without free descriptors both ends stay at -1: poll ignores them, and a cancellation waits for the
    // statement. A socket pair, because its flags are set at creation: no child process inherits it.
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    _ = socketpair(AF_UNIX, Int32(kind), 0, &ends)
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    guard readEnd >= 0 else { return }
    close(readEnd)
    close(writeEnd)
  }

  /// Returns the ticket of the operation that starts now and invalidates earlier tickets.
  func issue() -> Ticket {
    state.withLock {
      $0.issued += 1
      return Ticket(number: $0.issued)
    }
  }

  func fire(_ ticket: Ticket) {
    let isCurrent = state.withLock {
      guard ticket.number == $0.issued else { return false }
      $0.fired = ticket.number
      return true
    }
    guard isCurrent, writeEnd >= 0 else { return }
    var byte: UInt8 = 1
    _ = write(writeEnd, &byte, 1)
  }

  /// Empties the pipe and returns whether this operation is to be cancelled.
  func consume(_ ticket: Ticket) -> Bool {
    var bytes: [UInt8] = Array(repeating: 0, count: 64)
    while readEnd >= 0, read(readEnd, &bytes, bytes.count) > 0 {}
    return state.withLock { $0.fired == ticket.number }
  }

  func isFired(_ ticket: Ticket) -> Bool { state.withLock { $0.fired == ticket.number } }
}
