/// A moment in microseconds since 1970-01-01T00:00:00Z, written in RFC 3339 with `Z`.
package struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let microseconds: Int64
  package init(microseconds: Int64) { self.microseconds = microseconds }
  package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
  package static func + (time: Timestamp, span: TimeSpan) -> Timestamp {
    Timestamp(microseconds: time.microseconds + span.milliseconds * 1000)
  }
  package static func - (later: Timestamp, earlier: Timestamp) -> TimeSpan {
    TimeSpan(milliseconds: (later.microseconds - earlier.microseconds) / 1000)
  }

  /// Reads `2026-12-01T00:00:00Z`, with an optional fraction and an offset such as `+01:00`; nil for anything
  /// else.
  package init?(_ text: String) {
    var text = text
    guard let microseconds = text.withUTF8({ Timestamp.parse($0) }) else { return nil }
    self.microseconds = microseconds
  }

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    func isMark(_ index: Int, _ mark: Character) -> Bool {
      index < bytes.count && bytes[index] == mark.asciiValue
    }
    guard let year = number(0..<4), isMark(4, "-"), let month = number(5..<7), isMark(7, "-"),
      let day = number(8..<10), isMark(10, "T") || isMark(10, "t") || isMark(10, " "),
      let hour = number(11..<13), isMark(13, ":"), let minute = number(14..<16), isMark(16, ":"),
      let second = number(17..<19),
      (1...12).contains(month), day >= 1, day <= Timestamp.days(of: month, in: year), hour < 24, minute < 60,
      second < 60
    else { return nil }
    var index = 19
    var micros: Int64 = 0
    if isMark(index, ".") {
      index += 1
      var scale: Int64 = 100_000
      let start = index
      while index < bytes.count, (48...57).contains(bytes[index]) {
        micros += Int64(bytes[index] - 48) * scale
        scale /= 10
        index += 1
      }
      guard index > start else { return nil }
    }
    var offsetMinutes: Int64 = 0
    if isMark(index, "Z") || isMark(index, "z") {
      index += 1
    } else {
      guard isMark(index, "+") || isMark(index, "-"), let hours = number(index + 1..<index + 3),
        isMark(index + 3, ":"), let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
      else { return nil }
      offsetMinutes = (hours * 60 + minutes) * (bytes[index] == 45 ? -1 : 1)
      index += 6
    }
    guard index == bytes.count else { return nil }
    let days = Timestamp.daysSinceEpoch(year, month, day)
    let seconds = ((days * 24 + hour) * 60 + minute - offsetMinutes) * 60 + second
    return seconds * 1_000_000 + micros
  }

  /// RFC 3339 in UTC; a fraction only where there is one.
  package var description: String {
    let (seconds, micros) = microseconds.flooredDivision(by: 1_000_000)
    let (days, secondOfDay) = seconds.flooredDivision(by: 86_400)
    let (year, month, day) = Timestamp.civil(days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(28)
    func append(_ number: Int64, _ width: Int, _ mark: Character) {
      let digits = String(number).utf8
      for _ in 0..<max(0, width - digits.count) { bytes.append(48) }
      bytes.append(contentsOf: digits)
      if let mark = mark.asciiValue { bytes.append(mark) }
    }
    append(year, 4, "-")
    append(month, 2, "-")
    append(day, 2, "T")
    append(secondOfDay / 3600, 2, ":")
    append(secondOfDay / 60 % 60, 2, ":")
    append(secondOfDay % 60, 2, micros == 0 ? "Z" : ".")
    if micros != 0 {
      append(micros, 6, "0")
      while bytes.last == 48 { bytes.removeLast() }
      bytes.append(UInt8(ascii: "Z"))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func days(of month: Int64, in year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Int(month) - 1]
  }

  /// Proleptic Gregorian calendar, counted in 400-year eras whose years begin in March.
  private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.flooredDivision(by: 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension Timestamp {
  /// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
  static func civilDate(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) { civil(days) }
}
