/// A length of time in milliseconds, written `250ms`, `90s`, `15m`, `24h` or `7d`.
package struct TimeSpan: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let milliseconds: Int64
  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { milliseconds = seconds * 1000 }

  private static let units: KeyValuePairs<String, Int64> = [
    "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1,
  ]

  private static let factors = Dictionary(uniqueKeysWithValues: units.map { ($0.key, $0.value) })

  /// Nil for anything but a whole number with a known unit that fits 64 bits.
  package init?(_ text: String) {
    guard let milliseconds = Decimals.whole(text, units: TimeSpan.factors) else { return nil }
    self.milliseconds = milliseconds
  }

  /// The largest unit that divides evenly; `0s` for nothing and for negative spans.
  package var description: String {
    for unit in TimeSpan.units where milliseconds % unit.value == 0 && milliseconds > 0 {
      return "\(milliseconds / unit.value)\(unit.key)"
    }
    return "0s"
  }

  package var seconds: Double { Double(milliseconds) / 1000 }
  package var duration: Duration { .milliseconds(milliseconds) }
  package static func < (a: TimeSpan, b: TimeSpan) -> Bool { a.milliseconds < b.milliseconds }

  package static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan(milliseconds: a.milliseconds + b.milliseconds)
  }
}
