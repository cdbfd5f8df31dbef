internal import JobModel
internal import Model
internal import Synchronization

/// Sends the orders of a node as they are dispatched, each once while it is open. A new stream starts with
/// the open orders.
final class OrderEvents: Sendable {
  /// How long one read waits for a new order.
  private static let timeout = Duration.seconds(20)

  private struct State {
    var waiting: [WorkOrder] = []
    var sent: Set<AttemptID> = []
  }

  private let workerAPI: any WorkerAPI
  private let node: String
  private let limit: Int
  private let state = Mutex(State())

  init(workerAPI: any WorkerAPI, node: String, limit: Int) {
    self.workerAPI = workerAPI
    self.node = node
    self.limit = limit
  }

  var stream: AsyncStream<APIEvent> { AsyncStream { await self.next() } }

  private func next() async -> APIEvent? {
    while !Task.isCancelled {
      if let order = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
        return APIEvent("order", WorkMessages.value(order))
      }
      do throws(JobError) {
        let sent = state.withLock { $0.sent }
        let orders = try await workerAPI.work(
          for: node, limit: limit, excluding: sent, timeout: OrderEvents.timeout)
        state.withLock { state in
          state.waiting = orders.filter { !sent.contains($0.attempt) }
          state.sent = Set(orders.map(\.attempt))
        }
      } catch {
        return nil
      }
    }
    return nil
  }
}
