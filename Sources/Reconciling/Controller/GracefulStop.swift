internal import Synchronization

/// A request to stop: running steps are finished and recorded in the journal, no other step is started.
package final class GracefulStop: Sendable {
  private let requested = Atomic(false)
  package init() {}
  package func request() { requested.store(true, ordering: .releasing) }
  package var isRequested: Bool { requested.load(ordering: .acquiring) }
}
