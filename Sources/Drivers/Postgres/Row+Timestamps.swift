package import Model

extension Timestamp: SQLReadable {
  package static var nameInErrors: String { "a timestamp of the years 1 to 9999" }

  /// Parses `2026-11-22 01:46:13.123456+00` and a bare date, which means midnight. Connections use UTC, so
  /// any other offset is rejected.
  package static func read(_ bytes: UnsafeRawBufferPointer) -> Timestamp? {
    func number(_ start: Int, _ count: Int) -> Int64? {
      guard start + count <= bytes.count else { return nil }
      var value: Int64 = 0
      for index in start..<start + count {
        guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
        value = value * 10 + Int64(bytes[index] - 48)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-")
    else { return nil }
    let midnight = daysSinceEpoch(year, month, day) * 86_400
    if bytes.count == 10 { return Timestamp(seconds: midnight) }
    guard bytes[10] == UInt8(ascii: " "), let hour = number(11, 2), let minute = number(14, 2),
      let second = number(17, 2)
    else { return nil }
    var index = 19
    var micros: Int64 = 0
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      var scale: Int64 = 100_000
      while index < bytes.count, bytes[index] >= 48, bytes[index] <= 57 {
        micros += Int64(bytes[index] - 48) * scale
        scale /= 10
        index += 1
      }
    }
    let isUTC = index + 3 == bytes.count && bytes[index] == UInt8(ascii: "+") && number(index + 1, 2) == 0
    guard index == bytes.count || isUTC else { return nil }
    return Timestamp(microseconds: (midnight + hour * 3600 + minute * 60 + second) * 1_000_000 + micros)
  }

  /// In the proleptic Gregorian calendar, for years from 1, as the server counts.
  private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
