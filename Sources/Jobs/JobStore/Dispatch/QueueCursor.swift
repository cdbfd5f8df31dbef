/// How far one process has read the queue, window by window. It starts again at the end of the queue; where
/// capacity is short, the next read begins after the jobs that were read last.
struct QueueCursor: Sendable {
  private(set) var position = QueuePosition.start
  /// The account whose job was dispatched last; the next turn is another account's.
  private(set) var account = Int64.min
  /// Modules whose jobs wait because no node has enough free capacity. A new order of one of them waits
  /// behind those jobs and does not take the capacity that becomes free.
  private(set) var saturated: Set<String> = []

  // Since the position was at the start.
  private var waiting: Set<String> = []
  private var dispatched = 0
  private var isComplete = true
  /// Whether no pass ended before the end of the queue.
  private var isUninterrupted = true

  /// Records that a job of the module waits.
  mutating func recordWaiting(for module: String) {
    saturated.insert(module)
    waiting.insert(module)
  }

  /// Moves behind a window.
  /// - Parameters:
  ///   - count: how many of its jobs were dispatched.
  ///   - account: the account of the last of them.
  ///   - hasCapacity: whether any job could be placed; called where more windows follow.
  /// - Returns: whether nothing is left to read for now.
  mutating func advance(
    past window: QueueWindow, dispatched count: Int, lastAccount: Int64?, hasCapacity: () -> Bool
  ) -> Bool {
    if count > 0, let lastAccount { account = lastAccount }
    dispatched += count
    isComplete = isComplete && window.isComplete
    if let next = window.next {
      position = next
      guard !hasCapacity() else { return false }
      isUninterrupted = false
      return true
    }
    let isDone = isUninterrupted && (dispatched == 0 || isComplete)
    let (waiting, account) = (waiting, account)
    self = QueueCursor()
    (saturated, self.account) = (waiting, account)
    return isDone
  }
}
