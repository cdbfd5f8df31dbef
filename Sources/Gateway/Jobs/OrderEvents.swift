internal import JobModel
internal import Model
internal import Synchronization

/// Orders for a node as they come, each once for as long as it is not taken back; what was missed comes with
/// the next stream.
final class OrderEvents: Sendable {
  /// How long one look waits where there is nothing new.
  private static let patience = Duration.seconds(20)

  private struct State {
    var waiting: [WorkOrder] = []
    var told: Set<AttemptID> = []
  }

  private let desk: any WorkerAPI
  private let node: String
  private let most: Int
  private let state = Mutex(State())

  init(desk: any WorkerAPI, node: String, most: Int) {
    self.desk = desk
    self.node = node
    self.most = most
  }

  var stream: AsyncStream<APIEvent> { AsyncStream { await self.next() } }

  private func next() async -> APIEvent? {
    while !Task.isCancelled {
      if let order = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
        return APIEvent("order", WorkMessages.value(order))
      }
      do throws(JobError) {
        let told = state.withLock { $0.told }
        let orders = try await desk.work(
          for: node, limit: most, excluding: told, timeout: OrderEvents.patience)
        state.withLock { state in
          state.waiting = orders.filter { !told.contains($0.attempt) }
          state.told = Set(orders.map(\.attempt))
        }
      } catch {
        return nil
      }
    }
    return nil
  }
}
