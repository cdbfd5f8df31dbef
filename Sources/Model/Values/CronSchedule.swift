/// A repeating time in UTC as cron(8) writes it: minute, hour, day of month, month and weekday.
///
/// Each field accepts `*`, numbers, ranges `1-5`, lists `1,15` and steps `*/6`; months and weekdays also
/// accept names. When both day fields are restricted, a day that matches either of them is enough, as in
/// cron.
package struct CronSchedule: Hashable, Sendable, TextCodable {
  package static let textForm = "a cron schedule"

  /// The five fields as they were written, separated by one space.
  package let text: String
  private let minutes: UInt64
  private let hours: UInt64
  private let days: UInt64
  private let months: UInt64
  private let weekdays: UInt64
  private let restrictsDays: Bool
  private let restrictsWeekdays: Bool

  /// Nil for anything but five valid fields; `problem(of:)` returns the reason.
  package init?(_ text: String) {
    let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard parts.count == 5,
      case .success(let minutes) = CronSchedule.parse(parts[0], CronSchedule.fields[0]),
      case .success(let hours) = CronSchedule.parse(parts[1], CronSchedule.fields[1]),
      case .success(let days) = CronSchedule.parse(parts[2], CronSchedule.fields[2]),
      case .success(let months) = CronSchedule.parse(parts[3], CronSchedule.fields[3]),
      case .success(let weekdays) = CronSchedule.parse(parts[4], CronSchedule.fields[4])
    else { return nil }
    self.text = parts.joined(separator: " ")
    self.minutes = minutes
    self.hours = hours
    self.days = days
    self.months = months
    // 7 is Sunday, as 0 is.
    self.weekdays = (weekdays | (weekdays >> 7 & 1)) & 0x7F
    restrictsDays = !parts[2].hasPrefix("*")
    restrictsWeekdays = !parts[4].hasPrefix("*")
  }

  /// Why a schedule is invalid; nil when it is valid.
  package static func problem(of text: String) -> String? {
    let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard parts.count == 5 else { return "a schedule has five fields, found \(parts.count)" }
    for (part, field) in zip(parts, fields) {
      if case .failure(let problem) = parse(part, field) { return problem.message }
    }
    return nil
  }

  /// The first matching moment after `time`, in UTC; nil when there is none, as for 30 February.
  package func next(after time: Timestamp) -> Timestamp? {
    let minute: Int64 = 60
    var (start, _) = (time.microseconds / 1_000_000).flooredDivision(by: minute)
    start += 1
    var (day, minuteOfDay) = start.flooredDivision(by: 1440)
    // The calendar repeats after 400 years, but every weekday falls on a 29 February within 40.
    let lastDay = day + 40 * 366
    while day <= lastDay {
      if matches(day: day) {
        var candidate = minuteOfDay
        while candidate < 1440 {
          if hours & (1 << UInt64(candidate / 60)) == 0 {
            candidate = (candidate / 60 + 1) * 60
          } else if minutes & (1 << UInt64(candidate % 60)) == 0 {
            candidate += 1
          } else {
            return Timestamp(seconds: (day * 1440 + candidate) * 60)
          }
        }
      }
      day += 1
      minuteOfDay = 0
    }
    return nil
  }

  package var description: String { text }

  private func matches(day: Int64) -> Bool {
    let date = Timestamp.civilDate(daysSinceEpoch: day)
    guard months & (1 << UInt64(date.month)) != 0 else { return false }
    // 1970-01-01 was a Thursday.
    let weekday = (day + 4).flooredDivision(by: 7).remainder
    let isDay = days & (1 << UInt64(date.day)) != 0
    let isWeekday = weekdays & (1 << UInt64(weekday)) != 0
    return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
  }

  private struct FieldKind {
    let name: String
    let range: ClosedRange<Int>
    let names: [String]
  }

  private struct ParseFailure: Error {
    let message: String
  }

  private static let fields = [
    FieldKind(name: "minute", range: 0...59, names: []),
    FieldKind(name: "hour", range: 0...23, names: []),
    FieldKind(name: "day", range: 1...31, names: []),
    FieldKind(
      name: "month", range: 1...12,
      names: ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    FieldKind(name: "weekday", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
  ]

  /// A bit for each value that the field names.
  private static func parse(_ text: Substring, _ field: FieldKind) -> Result<UInt64, ParseFailure> {
    func number(_ word: Substring) -> Int? {
      if let index = field.names.firstIndex(of: word.lowercased()), !word.isEmpty { return index }
      guard !word.isEmpty, word.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      return Int(word).flatMap { field.range.contains($0) ? $0 : nil }
    }
    var bits: UInt64 = 0
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let problem = ParseFailure(
        message:
          "‘\(item)’ is no \(field.name) from \(field.range.lowerBound) to \(field.range.upperBound)")
      let halves = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let step = halves.count == 2 ? Int(halves[1]) ?? 0 : 1
      guard step > 0, step <= field.range.upperBound + 1 else { return .failure(problem) }
      let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      let first: Int
      let last: Int
      if halves[0] == "*" {
        (first, last) = (field.range.lowerBound, field.range.upperBound)
      } else if ends.count == 2, let low = number(ends[0]), let high = number(ends[1]), low <= high {
        (first, last) = (low, high)
      } else if ends.count == 1, let only = number(halves[0]) {
        (first, last) = (only, halves.count == 2 ? field.range.upperBound : only)
      } else {
        return .failure(problem)
      }
      for value in stride(from: first, through: last, by: step) { bits |= 1 << UInt64(value) }
    }
    return .success(bits)
  }
}
