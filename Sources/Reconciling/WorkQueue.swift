package import Model

/// Which resources are due. Holds identities, never events; a key is in flight at most once, and what is asked for
/// while it is in flight is looked at once more afterwards.
package struct WorkQueue: Sendable {
  private struct Request: Sendable {
    var time: Timestamp
    var isUrgent: Bool
  }

  private var due: [ResourceID: Request] = [:]
  /// With the time at which each became due.
  private var inFlight: [ResourceID: Timestamp] = [:]
  /// Until when a key that failed rests.
  private var resting: [ResourceID: Timestamp] = [:]

  package init() {}

  /// Asks for a look at `time` or earlier. A key that rests after a failure is not woken, unless this is urgent: else
  /// a resource whose failing steps make events would be tried without any rest.
  package mutating func add(_ id: ResourceID, at time: Timestamp, isUrgent: Bool = false) {
    let time = isUrgent ? time : max(time, resting[id] ?? time)
    let other = due[id]
    due[id] = Request(time: min(other?.time ?? time, time), isUrgent: isUrgent || other?.isUrgent ?? false)
  }

  /// Takes everything that is due now and not in flight; what is held stays due.
  package mutating func take(now: Timestamp, isHeld: (ResourceID) -> Bool = { _ in false }) -> Set<ResourceID>
  {
    let batch = Set(
      due.filter { $0.value.time <= now && inFlight[$0.key] == nil && !isHeld($0.key) }.keys)
    for id in batch {
      inFlight[id] = due[id]?.time ?? now
      due[id] = nil
      resting[id] = nil
    }
    return batch
  }

  /// Ends the flight of a key.
  /// - Parameters:
  ///   - rest: it failed, and is looked at again at that time, not before.
  ///   - look: nothing failed, and it is looked at again at that time or before.
  package mutating func finish(_ id: ResourceID, rest: Timestamp? = nil, look: Timestamp? = nil) {
    guard inFlight.removeValue(forKey: id) != nil else { return }
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
  package func dueTime(of id: ResourceID) -> Timestamp? { inFlight[id] }
  package var flightCount: Int { inFlight.count }
  package var isIdle: Bool { inFlight.isEmpty }
  package var depth: Int { due.count }
}
