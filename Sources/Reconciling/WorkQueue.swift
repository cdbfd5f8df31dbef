package import Model

/// Which resources are due. Holds identities, never events; a key is in flight at most once, and what is asked for
/// while it is in flight is looked at once more afterwards.
package struct WorkQueue: Sendable {
  private var due: [ResourceID: Timestamp] = [:]
  private var inFlight: Set<ResourceID> = []

  package init() {}

  /// Asks for a look at `time` or earlier.
  package mutating func add(_ id: ResourceID, at time: Timestamp) {
    due[id] = min(due[id] ?? time, time)
  }

  /// Takes everything that is due now and not in flight.
  package mutating func take(now: Timestamp) -> Set<ResourceID> {
    let batch = Set(due.filter { $0.value <= now && !inFlight.contains($0.key) }.keys)
    for id in batch { due[id] = nil }
    inFlight.formUnion(batch)
    return batch
  }

  /// Ends the flight of a key; `retry` asks for another look at that time.
  package mutating func finish(_ id: ResourceID, retry: Timestamp?) {
    inFlight.remove(id)
    if let retry { add(id, at: retry) }
  }

  /// When the next key that is not in flight becomes due; nil when there is none.
  package var nextDue: Timestamp? {
    due.filter { !inFlight.contains($0.key) }.values.min()
  }

  package var isIdle: Bool { inFlight.isEmpty }
  package var depth: Int { due.count }
}
