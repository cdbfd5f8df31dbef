/// An IP address of a machine: IPv4 as `127.0.0.1`, IPv6 in brackets as `[::1]`.
package struct HostAddress: Hashable, Sendable, TextCodable {
  package static let textForm = "an IPv4 address, or an IPv6 address in brackets"

  private enum Value: Hashable {
    case v4(UInt32)
    /// Eight groups, the most significant first.
    case v6([UInt16])
  }
  private let value: Value

  /// All addresses of the machine that are IPv4.
  package static let any4 = HostAddress(value: .v4(0))
  /// All addresses of the machine. Engines bind IPv4 too where this address is published.
  package static let any6 = HostAddress(value: .v6([UInt16](repeating: 0, count: 8)))
  package static let loopback4 = HostAddress(value: .v4(0x7F00_0001))

  private init(value: Value) { self.value = value }

  /// Nil for leading zeros, signs, zones, missing brackets and for IPv6 forms of IPv4 addresses: each would
  /// be a second text of one address.
  package init?(_ text: String) {
    if text.first == "[", text.last == "]" {
      guard let groups = HostAddress.groups(of: text.dropFirst().dropLast()) else { return nil }
      guard groups.prefix(5).contains(where: { $0 != 0 }) || groups[5] != 0xFFFF else { return nil }
      value = .v6(groups)
    } else {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 4 else { return nil }
      var bits: UInt32 = 0
      for part in parts {
        guard let byte = HostAddress.byte(part) else { return nil }
        bits = bits << 8 | UInt32(byte)
      }
      value = .v4(bits)
    }
  }

  /// Whether one socket address can be bound on only one of the two: they are equal, or one includes the
  /// other.
  package func overlaps(_ other: HostAddress) -> Bool {
    if self == other || self == .any6 || other == .any6 { return true }
    guard isIPv6 == other.isIPv6 else { return false }
    return self == .any4 || other == .any4
  }

  package var isIPv6: Bool { if case .v6 = value { true } else { false } }

  /// The form of RFC 5952 for IPv6.
  package var description: String {
    switch value {
    case .v4(let bits):
      return [24, 16, 8, 0].map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
    case .v6(let groups):
      func hex(_ part: ArraySlice<UInt16>) -> String {
        part.map { String($0, radix: 16) }.joined(separator: ":")
      }
      guard let zeros = HostAddress.longestZeros(in: groups) else { return "[\(hex(groups[...]))]" }
      return "[\(hex(groups[..<zeros.lowerBound]))::\(hex(groups[zeros.upperBound...]))]"
    }
  }

  /// 0 to 255 in decimal digits without a leading zero.
  private static func byte(_ text: Substring) -> UInt8? {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
      text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
    else { return nil }
    return UInt8(text)
  }

  private static func groups(of text: Substring) -> [UInt16]? {
    let colons = text.indices.filter { text[$0...].hasPrefix("::") }
    guard let gap = colons.first else {
      let groups = plainGroups(text)
      return groups?.count == 8 ? groups : nil
    }
    guard colons.count == 1 else { return nil }
    let rest = text.index(gap, offsetBy: 2)
    guard let before = gap == text.startIndex ? [] : plainGroups(text[..<gap]),
      let after = rest == text.endIndex ? [] : plainGroups(text[rest...]), before.count + after.count <= 7
    else { return nil }
    return before + [UInt16](repeating: 0, count: 8 - before.count - after.count) + after
  }

  private static func plainGroups(_ text: Substring) -> [UInt16]? {
    var groups: [UInt16] = []
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
        let group = UInt16(part, radix: 16)
      else { return nil }
      groups.append(group)
    }
    return groups
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  /// The first of the longest runs of at least two zero groups; nil when there is none.
  private static func longestZeros(in groups: [UInt16]) -> Range<Int>? {
    var best = 0..<0
    var start = 0
    while start < groups.count {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start > best.count { best = start..<end }
      start = end + 1
    }
    return best.count >= 2 ? best : nil
  }
}
