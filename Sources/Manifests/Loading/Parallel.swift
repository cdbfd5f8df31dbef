internal import Dispatch
internal import Synchronization

/// Runs work on all cores and keeps the order of the results.
enum Parallel {
  static func map<Item: Sendable, Output: Sendable>(
    _ items: [Item], _ transform: @Sendable (Item) -> Output
  ) -> [Output] {
    guard items.count > 1 else { return items.map(transform) }
    let outputs = Mutex([Output?](repeating: nil, count: items.count))
    DispatchQueue.concurrentPerform(iterations: items.count) { index in
      let output = transform(items[index])
      outputs.withLock { $0[index] = output }
    }
    return outputs.withLock { $0.compactMap { $0 } }
  }

  /// Ranges of at most `size` elements that cover `count`.
  static func slices(of count: Int, size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}
