package import Model

/// A month of the calendar in UTC, written `2026-11`.
package struct CalendarMonth: Sendable {
  package let year: Int
  /// 1 to 12.
  package let month: Int

  private static let names = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]

  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count == 4, parts[1].count == 2, let year = Int(parts[0]),
      let month = Int(parts[1]), (1...12).contains(month), year > 0
    else { return nil }
    (self.year, self.month) = (year, month)
  }

  package init(containing time: Timestamp) {
    let text = time.description
    year = Int(text.prefix(4)) ?? 1970
    month = Int(text.dropFirst(5).prefix(2)) ?? 1
  }

  /// `November 2026`
  package var name: String { "\(CalendarMonth.names[month - 1]) \(year)" }

  /// `2026-11`
  package var text: String { String(start.description.prefix(7)) }

  package var start: Timestamp { CalendarMonth.first(of: year, month) }
  /// The first moment after it.
  package var end: Timestamp {
    month == 12 ? CalendarMonth.first(of: year + 1, 1) : CalendarMonth.first(of: year, month + 1)
  }

  private static func first(of year: Int, _ month: Int) -> Timestamp {
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
    return Timestamp("\(digits(year, 4))-\(digits(month, 2))-01T00:00:00Z") ?? Timestamp(seconds: 0)
  }
}
