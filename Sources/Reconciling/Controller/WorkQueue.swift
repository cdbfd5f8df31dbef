package import Model

/// Which resources are due. Holds identities, never events; a key is in flight at most once, and what is asked for
/// while it is in flight is looked at once more afterwards.
package struct WorkQueue: Sendable {
  private struct Request: Sendable {
    var time: Timestamp
    var isUrgent: Bool
    var isRoutine: Bool
  }

  private struct Flight: Sendable {
    /// When it became due.
    let due: Timestamp
    let isRoutine: Bool
  }

  /// So many routine looks are under way at once: whatever else comes up finds its key free, or waits for a short pass.
  package static let routineLimit = 1000

  private var due: [ResourceID: Request] = [:]
  private var inFlight: [ResourceID: Flight] = [:]
  private var routineCount = 0
  /// Until when a key that failed rests.
  private var resting: [ResourceID: Timestamp] = [:]

  package init() {}

  /// Asks for a look at `time` or earlier. A key that rests after a failure is not woken, unless this is urgent: else
  /// a resource whose failing steps make events would be tried without any rest.
  /// - Parameter isRoutine: nothing is known to have happened; of such looks only some are taken at once.
  package mutating func add(
    _ id: ResourceID, at time: Timestamp, isUrgent: Bool = false, isRoutine: Bool = false
  ) {
    let time = isUrgent ? time : max(time, resting[id] ?? time)
    guard let other = due[id] else {
      due[id] = Request(time: time, isUrgent: isUrgent, isRoutine: isRoutine)
      return
    }
    due[id] = Request(
      time: min(other.time, time), isUrgent: isUrgent || other.isUrgent,
      isRoutine: isRoutine && other.isRoutine)
  }

  /// Takes everything that is due now and not in flight; what is held, and routine beyond the limit, stays due.
  package mutating func take(now: Timestamp, isHeld: (ResourceID) -> Bool = { _ in false }) -> Set<ResourceID>
  {
    var room = WorkQueue.routineLimit - routineCount
    var batch: Set<ResourceID> = []
    for (id, request) in due where request.time <= now && inFlight[id] == nil && !isHeld(id) {
      if request.isRoutine {
        guard room > 0 else { continue }
        room -= 1
      }
      batch.insert(id)
    }
    for id in batch {
      let request = due.removeValue(forKey: id)
      inFlight[id] = Flight(due: request?.time ?? now, isRoutine: request?.isRoutine ?? false)
      if request?.isRoutine ?? false { routineCount += 1 }
      resting[id] = nil
    }
    return batch
  }

  /// Ends the flight of a key.
  /// - Parameters:
  ///   - rest: it failed, and is looked at again at that time, not before.
  ///   - look: nothing failed, and it is looked at again at that time or before.
  package mutating func finish(_ id: ResourceID, rest: Timestamp? = nil, look: Timestamp? = nil) {
    guard let flight = inFlight.removeValue(forKey: id) else { return }
    if flight.isRoutine { routineCount -= 1 }
    if let rest {
      resting[id] = rest
      if let other = due[id], !other.isUrgent { due[id]?.time = max(other.time, rest) }
      add(id, at: rest)
    } else if let look {
      add(id, at: look)
    }
  }

  package func isInFlight(_ id: ResourceID) -> Bool { inFlight[id] != nil }
  /// When a key in flight became due; nil for one that is not in flight.
  package func dueTime(of id: ResourceID) -> Timestamp? { inFlight[id]?.due }
  package var flightCount: Int { inFlight.count }
  package var isIdle: Bool { inFlight.isEmpty }
  package var depth: Int { due.count }
}
