import Synchronization

/// The trace of a seed. Always digested, so that two runs can be compared; the lines are kept only on
/// request.
final class Trace: Sendable {
  private struct State {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    var lines: [String] = []
    var count = 0
  }

  private let state = Mutex(State())
  private let keepsLines: Bool
  private let now: @Sendable () -> Int64

  /// - Parameter now: microseconds since the world began.
  init(keepsLines: Bool, now: @escaping @Sendable () -> Int64) {
    self.keepsLines = keepsLines
    self.now = now
  }

  func record(_ source: String, _ text: String) {
    let microseconds = now()
    state.withLock { state in
      state.count += 1
      for byte in text.utf8 { state.digest = (state.digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
      state.digest = (state.digest ^ UInt64(bitPattern: microseconds)) &* 0x100_0000_01b3
      if keepsLines { state.lines.append("\(Trace.stamp(microseconds)) \(Trace.padded(source)) \(text)") }
    }
  }

  /// A digest of all entries.
  var digest: UInt64 { state.withLock { $0.digest } }
  var lines: [String] { state.withLock { $0.lines } }
  var count: Int { state.withLock { $0.count } }

  private static func stamp(_ microseconds: Int64) -> String {
    let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000 / 1000)
    let text = "\(seconds).\(String(repeating: "0", count: 3 - String(rest).count))\(rest)"
    return String(repeating: " ", count: max(0, 9 - text.count)) + text
  }

  private static func padded(_ source: String) -> String {
    source + String(repeating: " ", count: max(0, 13 - source.count))
  }
}
