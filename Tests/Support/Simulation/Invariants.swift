import Model
import Synchronization

/// Checks the invariants that no controller may violate.
final class Invariants: Sendable {
  private struct Flight: Hashable {
    let process: Int
    let id: ResourceID
  }

  private struct State {
    var flights: Set<Flight> = []
    /// Resources that the process could not observe the last time.
    var unobserved: Set<Flight> = []
    /// When the newest successful observation of a resource by a process began. A failed observation that
    /// began earlier does not replace it, even when it returns later, as that of an abandoned pass does.
    var observedAt: [Flight: Int64] = [:]
    var violations: [String] = []
  }

  private let state = Mutex(State())
  private let trace: Trace

  init(_ trace: Trace) { self.trace = trace }

  var violations: [String] { state.withLock { $0.violations } }

  func violate(_ text: String) {
    trace.record("VIOLATION", text)
    state.withLock { if $0.violations.count < 20 { $0.violations.append(text) } }
  }

  /// Records that a process observed these resources, `unobserved` of them without success.
  func recordObservation(
    by process: Int, of ids: [ResourceID], unobserved: Set<ResourceID>, since start: Int64
  ) {
    state.withLock { state in
      for id in ids {
        let flight = Flight(process: process, id: id)
        if !unobserved.contains(id) {
          state.unobserved.remove(flight)
          state.observedAt[flight] = max(start, state.observedAt[flight] ?? start)
        } else if start > state.observedAt[flight] ?? .min {
          state.unobserved.insert(flight)
        }
      }
    }
  }

  /// Records that a process begins a step.
  /// - Parameter holder: the process that holds the lease of the resource.
  func beginStep(_ process: Int, _ id: ResourceID, removes: Bool, holder: Int?) {
    let flight = Flight(process: process, id: id)
    let (isDuplicate, isConcurrent, isUnobserved) = state.withLock { state in
      // A process that lost its lease may still have a call in flight, which cannot be cancelled.
      let isConcurrent = state.flights.contains {
        $0.id == id && $0.process != process && $0.process == holder
      }
      return (
        !state.flights.insert(flight).inserted, isConcurrent, removes && state.unobserved.contains(flight)
      )
    }
    if isDuplicate { violate("one controller runs two steps on \(id) at once") }
    if isConcurrent { violate("a controller runs a step on \(id) while the lease holder runs another") }
    if isUnobserved { violate("\(id) is removed although it could not be observed") }
  }

  /// Discards the records of a process that was killed.
  func forget(_ process: Int) {
    state.withLock { state in
      state.flights = state.flights.filter { $0.process != process }
      state.unobserved = state.unobserved.filter { $0.process != process }
      state.observedAt = state.observedAt.filter { $0.key.process != process }
    }
  }

  func endStep(_ process: Int, _ id: ResourceID) {
    state.withLock { _ = $0.flights.remove(Flight(process: process, id: id)) }
  }
}
