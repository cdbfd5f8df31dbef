import Model
import Synchronization

/// Watches what no controller may ever do.
final class Rules: Sendable {
  private struct Flight: Hashable {
    let process: Int
    let id: ResourceID
  }

  private struct State {
    var flights: Set<Flight> = []
    /// What a process could not see when it looked last.
    var unseen: Set<Flight> = []
    /// When the newest look began in which a process saw it. A look that began before tells nothing newer, though it may
    /// answer later: that of a pass that was given up.
    var seen: [Flight: Int64] = [:]
    var violations: [String] = []
  }

  private let state = Mutex(State())
  private let trace: Trace

  init(_ trace: Trace) { self.trace = trace }

  var violations: [String] { state.withLock { $0.violations } }

  func violate(_ text: String) {
    trace.note("VIOLATION", text)
    state.withLock { if $0.violations.count < 20 { $0.violations.append(text) } }
  }

  /// A process looked at these, and saw all but some of them.
  func looked(_ process: Int, at ids: [ResourceID], unseen: Set<ResourceID>, since start: Int64) {
    state.withLock { state in
      for id in ids {
        let flight = Flight(process: process, id: id)
        if !unseen.contains(id) {
          state.unseen.remove(flight)
          state.seen[flight] = max(start, state.seen[flight] ?? start)
        } else if start > state.seen[flight] ?? .min {
          state.unseen.insert(flight)
        }
      }
    }
  }

  /// A process begins a step; `holder`: the process that holds the lease of the resource.
  func begin(_ process: Int, _ id: ResourceID, removes: Bool, holder: Int?) {
    let flight = Flight(process: process, id: id)
    let (isTwice, isShared, isBlind) = state.withLock { state in
      // Whoever lost its lease may still have a call under way that nobody can take back.
      let isShared = state.flights.contains { $0.id == id && $0.process != process && $0.process == holder }
      return (!state.flights.insert(flight).inserted, isShared, removes && state.unseen.contains(flight))
    }
    if isTwice { violate("\(id) is worked on twice at once by one controller") }
    if isShared { violate("\(id) is worked on while another controller works on it and holds its lease") }
    if isBlind { violate("\(id) is taken away though it could not be seen") }
  }

  /// A process is dead: whatever it was at is over.
  func forget(_ process: Int) {
    state.withLock { state in
      state.flights = state.flights.filter { $0.process != process }
      state.unseen = state.unseen.filter { $0.process != process }
      state.seen = state.seen.filter { $0.key.process != process }
    }
  }

  func end(_ process: Int, _ id: ResourceID) {
    state.withLock { _ = $0.flights.remove(Flight(process: process, id: id)) }
  }
}
