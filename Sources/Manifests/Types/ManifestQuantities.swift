package import Model

/// A value written as one scalar. A conforming type only parses and formats its text.
package protocol ManifestText: ManifestValue {
  init?(manifestText: String)
  var manifestText: String { get }
  /// The type in words, after ‘must be’: `a duration such as 90s`.
  static var expectation: String { get }
  static var examples: [String] { get }
  static var pattern: String? { get }
  /// A hint for a text that was not parsed.
  static func hint(for text: String) -> String?
}

extension ManifestText {
  package static var pattern: String? { nil }
  package static func hint(for text: String) -> String? { nil }
  package var manifestValue: Value? { .string(manifestText) }

  package static var shape: Shape {
    var name = Substring(expectation)
    for article in ["a ", "an "] where name.hasPrefix(article) { name = name.dropFirst(article.count) }
    return Shape(.text, name: String(name), pattern: pattern, examples: examples)
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Self? {
    guard let text = decoder.scalar(node, expected: expectation) else { return nil }
    if let value = Self(manifestText: text) { return value }
    decoder.mismatch(
      node, expected: expectation,
      hint: hint(for: text) ?? examples.first.map { "for example `\($0)`" })
    return nil
  }

  /// A unit that is missing, follows a space or has the wrong case: ‘did you mean `90s`?’
  static func unitHint(_ text: String, units: [String]) -> String? {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    guard !number.isEmpty else { return nil }
    let unit = text.dropFirst(number.count).drop { $0 == " " || $0 == "." }
    if unit.isEmpty { return units.first.map { "did you mean `\(number)\($0)`?" } }
    let match =
      units.first { $0.lowercased() == unit.lowercased() }
      ?? units.first { unit.lowercased().hasPrefix($0.lowercased()) }
    return match.map { "did you mean `\(number)\($0)`?" }
  }
}

extension ByteCount: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "an amount of bytes such as `512Mi` or `12Gi`" }
  package static var examples: [String] { ["512Mi", "12Gi"] }
  package static var pattern: String? { "^[0-9]+(Ki|Mi|Gi|Ti|Pi|k|M|G|T)?$" }
  package static func hint(for text: String) -> String? {
    unitHint(
      text.hasSuffix("B") ? String(text.dropLast()) : text,
      units: ["Gi", "Mi", "Ki", "Ti", "Pi", "k", "M", "G", "T"])
  }
}

extension CoreCount: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package var manifestValue: Value? { .scaled(thousandths, digits: 3) }
  package static var expectation: String { "a number of cores such as `2`, `0.5` or `500m`" }
  package static var examples: [String] { ["2", "0.5", "500m"] }
  package static var pattern: String? { "^([0-9]+(\\.[0-9]{1,3})?|[0-9]+m)$" }
}

extension TimeSpan: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "a duration such as `90s` or `24h`" }
  package static var examples: [String] { ["90s", "15m", "24h"] }
  package static var pattern: String? { "^[0-9]+(ms|s|m|h|d)$" }
  package static func hint(for text: String) -> String? {
    let words = ["sec": "s", "min": "m", "hour": "h", "day": "d", "week": "d", "milli": "ms"]
    let number = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
    for (word, short) in words where unit.hasPrefix(word) && !number.isEmpty && word != "week" {
      return "did you mean `\(number)\(short)`?"
    }
    return unitHint(text, units: ["s", "ms", "m", "h", "d"])
  }
}

extension Credits: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package var manifestValue: Value? { .scaled(micro, digits: 6) }
  package static var expectation: String { "a number of credits with at most six digits after the point" }
  package static var examples: [String] { ["100", "0.4"] }
  package static var pattern: String? { "^-?[0-9]+(\\.[0-9]{1,6})?$" }
}

extension Timestamp: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "a moment such as `2026-12-01T00:00:00Z`" }
  package static var examples: [String] { ["2026-12-01T00:00:00Z"] }
  package static var pattern: String? {
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
  }
  package static func hint(for text: String) -> String? {
    if Timestamp(text + "T00:00:00Z") != nil { return "did you mean `\(text)T00:00:00Z`?" }
    return Timestamp(text + "Z") != nil ? "say the time zone: `\(text)Z`" : nil
  }
}

extension Value {
  /// An exact decimal: `scaled` divided by ten to the power of `digits`; an integer where nothing follows the
  /// point.
  package static func scaled(_ scaled: Int64, digits: Int) -> Value {
    let text = Decimals.text(scaled, digits: digits)
    return Int64(text).map { .integer($0) } ?? .decimal(text)
  }
}
