internal import Model
internal import Scheduling
internal import Synchronization

/// Orders for a node as they come, each once for as long as it is not taken back; what was missed comes with the next
/// stream.
final class OrderEvents: Sendable {
  /// How long one look waits where there is nothing new.
  private static let patience = Duration.seconds(20)

  private struct State {
    var waiting: [WorkOrder] = []
    var told: Set<AttemptID> = []
  }

  private let desk: any WorkDesk
  private let node: String
  private let most: Int
  private let state = Mutex(State())

  init(desk: any WorkDesk, node: String, most: Int) {
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
        let orders = try await desk.work(for: node, most: most, patience: OrderEvents.patience)
        let isNews = state.withLock { state in
          let news = orders.filter { !state.told.contains($0.attempt) }
          state.waiting = news
          state.told = Set(orders.map(\.attempt))
          return !news.isEmpty
        }
        // The desk tells again at once what was told and is not accepted yet.
        if !isNews, !orders.isEmpty { try? await Task.sleep(for: .milliseconds(200)) }
      } catch {
        return nil
      }
    }
    return nil
  }
}
