internal import Synchronization

/// A request to stop: steps under way are finished and journalled, no other is begun.
package final class GracefulStop: Sendable {
  private let requested = Atomic(false)
  package init() {}
  package func request() { requested.store(true, ordering: .releasing) }
  package var isRequested: Bool { requested.load(ordering: .acquiring) }
}
