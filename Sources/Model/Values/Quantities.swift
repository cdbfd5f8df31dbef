/// An amount of memory or storage in bytes, written `512Mi`, `12Gi`, `64k` or plain bytes.
package struct ByteCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let bytes: Int64
  package init(bytes: Int64) { self.bytes = bytes }

  private static let units: [(suffix: String, factor: Int64)] = [
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50),
    ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
  ]

  /// Nil for anything but a positive whole number with a known suffix that fits 64 bits.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = text.dropFirst(digits.count)
    guard let number = Int64(digits) else { return nil }
    guard !suffix.isEmpty else {
      bytes = number
      return
    }
    guard let unit = ByteCount.units.first(where: { $0.suffix == suffix }) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
    guard !overflow else { return nil }
    bytes = product
  }

  /// The largest binary unit that divides evenly: `12Gi`, else plain bytes.
  package var description: String {
    let binary = ByteCount.units.filter { $0.suffix.hasSuffix("i") }.reversed()
    for unit in binary where bytes > 0 && bytes % unit.factor == 0 {
      return "\(bytes / unit.factor)\(unit.suffix)"
    }
    return String(bytes)
  }

  package static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
}

/// CPU time per wall time in thousandths of a core, written `2`, `0.5` or `500m`.
package struct CoreCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let thousandths: Int64
  package init(thousandths: Int64) { self.thousandths = thousandths }
  package init(cores: Int) { thousandths = Int64(cores) * 1000 }

  package init?(_ text: String) {
    if text.hasSuffix("m") {
      guard let value = Int64(text.dropLast()), value >= 0 else { return nil }
      thousandths = value
      return
    }
    guard let value = Decimals.scaled(text, digits: 3), value >= 0 else { return nil }
    thousandths = value
  }

  package var description: String { Decimals.text(thousandths, digits: 3) }
  /// Docker's unit: billionths of a core.
  package var nanoCPUs: Int64 { thousandths * 1_000_000 }
  package static func < (a: CoreCount, b: CoreCount) -> Bool { a.thousandths < b.thousandths }
}

/// A length of time in milliseconds, written `250ms`, `90s`, `15m`, `24h` or `7d`.
package struct TimeSpan: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let milliseconds: Int64
  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { milliseconds = seconds * 1000 }

  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// Nil for anything but a whole number with a known unit that fits 64 bits.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = text.dropFirst(digits.count)
    guard let number = Int64(digits), let unit = TimeSpan.units.first(where: { $0.suffix == suffix }) else {
      return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
    guard !overflow else { return nil }
    milliseconds = product
  }

  package var description: String {
    for unit in TimeSpan.units where milliseconds % unit.milliseconds == 0 && milliseconds > 0 {
      return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
    return "0s"
  }

  package var seconds: Double { Double(milliseconds) / 1000 }
  package var duration: Duration { .milliseconds(milliseconds) }
  package static func < (a: TimeSpan, b: TimeSpan) -> Bool { a.milliseconds < b.milliseconds }
}

/// Money: `Int64` micro-credits. 1 credit = $0.10 = 1,000,000 µcr (seeds: Financial & Incentive Flows).
package struct Credits: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let micro: Int64
  package init(micro: Int64) { self.micro = micro }

  /// Exact decimal text with at most six digits after the point; nil for anything else.
  package init?(_ text: String) {
    guard let value = Decimals.scaled(text, digits: 6) else { return nil }
    micro = value
  }

  package var description: String { Decimals.text(micro, digits: 6) }
  package static func < (a: Credits, b: Credits) -> Bool { a.micro < b.micro }
}

/// Exact decimal fractions in scaled integers: no floating point near money.
package enum Decimals {
  /// `text` times ten to the power of `digits`; nil when it is no plain decimal, has more digits, or
  /// overflows.
  package static func scaled(_ text: String, digits: Int) -> Int64? {
    var text = text
    return text.withUTF8 { bytes in
      var index = 0
      let isNegative = bytes.first == UInt8(ascii: "-")
      if isNegative || bytes.first == UInt8(ascii: "+") { index = 1 }
      let start = index
      var magnitude: Int64 = 0
      var fraction: Int?
      while index < bytes.count {
        let byte = bytes[index]
        if byte == UInt8(ascii: "."), fraction == nil, index > start, index + 1 < bytes.count {
          fraction = 0
        } else {
          guard byte >= 48, byte <= 57, append(Int64(byte - 48), to: &magnitude) else { return nil }
          if let count = fraction { fraction = count + 1 }
        }
        index += 1
      }
      guard index > start, fraction ?? 0 <= digits else { return nil }
      for _ in (fraction ?? 0)..<digits {
        guard append(0, to: &magnitude) else { return nil }
      }
      return isNegative ? -magnitude : magnitude
    }
  }

  /// False when the number no longer fits.
  private static func append(_ digit: Int64, to magnitude: inout Int64) -> Bool {
    let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(digit)
    magnitude = sum
    return !overflow && !carry
  }

  /// The shortest exact text of `value` divided by ten to the power of `digits`.
  package static func text(_ value: Int64, digits: Int) -> String {
    var rest = value.magnitude
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    var position = 0
    // From the last digit to the first; zeros at the end of the fraction are left out.
    while rest > 0 || position <= digits {
      let digit = UInt8(rest % 10)
      rest /= 10
      if position == digits, !bytes.isEmpty { bytes.append(UInt8(ascii: ".")) }
      if position >= digits || digit != 0 || !bytes.isEmpty { bytes.append(digit + 48) }
      position += 1
    }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    bytes.reverse()
    return String(decoding: bytes, as: UTF8.self)
  }
}
