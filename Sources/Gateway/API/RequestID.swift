internal import Synchronization

/// Creates the ids of requests for logs and responses.
final class RequestIDs: Sendable {
  private let mark: String
  private let next = Atomic<UInt64>(0)

  /// - Parameter mark: Unique for this server, so that ids of two servers differ.
  init(mark: String) { self.mark = mark }

  /// The client's own id, if it consists of 1 to 64 ASCII letters, digits, dots, dashes and underscores;
  /// otherwise a new one.
  func id(_ given: String?) -> String {
    if let given, (1...64).contains(given.utf8.count),
      given.utf8.allSatisfy({ byte in
        (97...122).contains(byte | 32) || (48...57).contains(byte) || byte == 45 || byte == 46 || byte == 95
      })
    {
      return given
    }
    return mark + String(next.add(1, ordering: .relaxed).newValue, radix: 36)
  }
}
