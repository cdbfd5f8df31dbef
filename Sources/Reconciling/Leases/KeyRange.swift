package import Model

/// One of the fixed parts of the resources of an environment, so that replicas can share the work.
package struct KeyRange: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Must never change: a stored lease covers the same resources in every version.
  package static let count = 16
  package static let all = (0..<count).map { KeyRange(number: $0) }
  /// Its holder leads: only the leader records revisions.
  package static let first = KeyRange(number: 0)

  /// From 0 to `count` - 1.
  package let number: Int

  private init(number: Int) { self.number = number }

  /// Nil for a number outside of `0..<count`.
  package init?(_ number: Int) {
    guard (0..<KeyRange.count).contains(number) else { return nil }
    self.number = number
  }

  /// The range of a resource: FNV-1a over `Kind/name`, the same in every process and version.
  package init(of id: ResourceID) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ text: String) {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    add(id.kind)
    add("/")
    add(id.name)
    hash ^= hash >> 32
    hash ^= hash >> 16
    number = Int(hash % UInt64(KeyRange.count))
  }

  package var description: String { String(number) }
  package static func < (a: KeyRange, b: KeyRange) -> Bool { a.number < b.number }
}

extension Sequence<KeyRange> {
  /// For people: `0–7, 12`.
  package var text: String {
    var parts: [ClosedRange<Int>] = []
    for range in sorted() {
      if let last = parts.last, last.upperBound + 1 == range.number {
        parts[parts.count - 1] = last.lowerBound...range.number
      } else {
        parts.append(range.number...range.number)
      }
    }
    return parts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
      .joined(separator: ", ")
  }
}
