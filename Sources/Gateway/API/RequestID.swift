internal import Synchronization

/// Names a request in logs and answers.
final class RequestIDs: Sendable {
  private let mark: String
  private let next = Atomic<UInt64>(0)

  /// - Parameter mark: of this server, so that two servers' requests have different names.
  init(mark: String) { self.mark = mark }

  /// The caller's own, if it is 1 to 64 letters, digits, dots, dashes and underscores; else a new one.
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
