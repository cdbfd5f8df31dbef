internal import Synchronization

/// How many requests are being answered, streams among them.
final class RequestLoad: Sendable {
  private let count = Atomic<Int>(0)

  /// - Returns: how many there are with this one.
  @discardableResult
  func begin() -> Int { count.add(1, ordering: .relaxed).newValue }

  func end() { count.subtract(1, ordering: .relaxed) }
}
