package import Model

/// The resources that are due. Holds ids, never events. A resource is in flight at most once; a request for
/// one in flight is handled after it.
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

  /// The number of routine checks in flight at once. Resources that become due meanwhile wait for a short
  /// pass only.
  package static let routineLimit = 1000

  private var due: [ResourceID: Request] = [:]
  private var inFlight: [ResourceID: Flight] = [:]
  private var routineCount = 0
  /// Until when a resource rests after a failure.
  private var resting: [ResourceID: Timestamp] = [:]

  package init() {}

  /// Requests a check at `time` or earlier.
  /// - Parameters:
  ///   - isUrgent: Whether it also ends the rest after a failure. Otherwise a resource whose failing steps
  ///     cause events would be retried without rest.
  ///   - isRoutine: Whether nothing is known to have happened. The number of routine checks in flight is
  ///     limited.
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

  /// Takes everything that is due and not in flight. Deferred resources, and routine checks over the limit,
  /// stay due.
  package mutating func take(now: Timestamp, isDeferred: (ResourceID) -> Bool = { _ in false })
    -> Set<ResourceID>
  {
    var capacity = WorkQueue.routineLimit - routineCount
    var batch: Set<ResourceID> = []
    for (id, request) in due where request.time <= now && inFlight[id] == nil && !isDeferred(id) {
      if request.isRoutine {
        guard capacity > 0 else { continue }
        capacity -= 1
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

  /// Ends the flight of a resource.
  /// - Parameters:
  ///   - retry: When to retry after a failure, not earlier. Nil when it did not fail.
  ///   - check: When to check again at the latest without a failure; nil for no check.
  package mutating func finish(_ id: ResourceID, retry: Timestamp? = nil, check: Timestamp? = nil) {
    guard let flight = inFlight.removeValue(forKey: id) else { return }
    if flight.isRoutine { routineCount -= 1 }
    if let retry {
      resting[id] = retry
      if let other = due[id], !other.isUrgent { due[id]?.time = max(other.time, retry) }
      add(id, at: retry)
    } else if let check {
      add(id, at: check)
    }
  }

  package func isInFlight(_ id: ResourceID) -> Bool { inFlight[id] != nil }
  /// When a resource in flight became due; nil when it is not in flight.
  package func dueTime(of id: ResourceID) -> Timestamp? { inFlight[id]?.due }
  package var flightCount: Int { inFlight.count }
  package var isIdle: Bool { inFlight.isEmpty }
  package var depth: Int { due.count }
}
