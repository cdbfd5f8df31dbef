import JobModel
import Model
import Placement

/// A creator's jobs of one module in the queue.
struct QueuePosition: Hashable, Sendable {
  let account: Int64
  let module: String

  /// Before all others.
  static let start = QueuePosition(account: .min, module: "")
}

/// How far one process has come with the queue, window by window. It goes round: where places are short, the next look
/// begins behind those that were looked at last.
struct QueueCursor: Sendable {
  private(set) var place = QueuePosition.start
  /// Whose job got a place last: it is somebody else's turn.
  var account = Int64.min
  /// Modules whose jobs were seen waiting for want of room. What is ordered of them waits behind those, instead of taking
  /// the place that becomes free.
  private(set) var crowded: Set<String> = []

  // Since the walk was at the start last.
  private var seen: Set<String> = []
  private var dispatched = 0
  private var isWhole = true
  /// Whether nothing was stopped at on the way.
  private var isInOneGo = true

  mutating func waits(for module: String) {
    crowded.insert(module)
    seen.insert(module)
  }

  /// Goes on behind a window.
  /// - Parameter hasRoom: whether anything could be placed anywhere; asked where more windows follow.
  /// - Returns: whether nothing is left to look at for now.
  mutating func pass(_ window: JobRepository.Window, dispatched count: Int, hasRoom: () -> Bool) -> Bool {
    dispatched += count
    isWhole = isWhole && window.isWhole
    if let next = window.next {
      place = next
      guard !hasRoom() else { return false }
      isInOneGo = false
      return true
    }
    let isThrough = isInOneGo && (dispatched == 0 || isWhole)
    let (crowded, account) = (seen, account)
    self = QueueCursor()
    (self.crowded, self.account) = (crowded, account)
    return isThrough
  }
}

extension FleetMirror.State {
  private static let mostAsked = 48

  /// Whether a job of any module could be placed, here or among the overflow nodes. Where there are too many modules to ask
  /// for all, it may be.
  mutating func hasRoom(now: Timestamp) -> Bool {
    guard modules.count <= Self.mostAsked else { return true }
    for module in modules.values {
      var overflow = module.needs
      (overflow.isOverflow, overflow.labels, overflow.nodes) = (true, [:], [])
      if fleet.select(module.needs, settings, now: now).passed > 0
        || fleet.select(overflow, settings, now: now).passed > 0
      {
        return true
      }
    }
    return false
  }
}
