internal import Synchronization

/// The number of running requests, streams included.
final class RequestLoad: Sendable {
  private let count = Atomic<Int>(0)

  /// - Returns: The number, this one included.
  @discardableResult
  func begin() -> Int { count.add(1, ordering: .relaxed).newValue }

  func end() { count.subtract(1, ordering: .relaxed) }
}
