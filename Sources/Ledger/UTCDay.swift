package import Model

/// A day of UTC, from midnight to midnight. Its text is `2026-11-21`.
package struct UTCDay: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number of days since 1970-01-01.
  package let number: Int64

  package init(number: Int64) { self.number = number }

  /// The day that contains the time.
  package init(of time: Timestamp) {
    let (days, rest) = time.microseconds.quotientAndRemainder(dividingBy: UTCDay.microseconds)
    number = rest < 0 ? days - 1 : days
  }

  /// Nil for text that is not a date such as `2026-11-21`.
  package init?(_ text: String) {
    guard text.utf8.count == 10, let time = Timestamp("\(text)T00:00:00Z") else { return nil }
    self.init(of: time)
  }

  package var start: Timestamp { Timestamp(microseconds: number * UTCDay.microseconds) }
  /// The start of the next day; exclusive.
  package var end: Timestamp { next.start }
  package var next: UTCDay { UTCDay(number: number + 1) }
  package var previous: UTCDay { UTCDay(number: number - 1) }

  package var description: String { String(start.description.prefix(10)) }
  package static func < (a: UTCDay, b: UTCDay) -> Bool { a.number < b.number }

  private static let microseconds: Int64 = 86_400_000_000
}
