internal import Ledger
package import Model

/// The prices of the environment variable `STRIPE_PRICE_MAP="price_abc=100,price_def=550"`: credits per unit,
/// for prices in US dollars. A `PriceMap` takes precedence.
package struct EnvironmentPrices: Sendable, Hashable {
  package static let variable = "STRIPE_PRICE_MAP"
  package static let none = EnvironmentPrices(credits: [:])

  /// By Price ID.
  package let credits: [String: Credits]

  private init(credits: [String: Credits]) { self.credits = credits }

  /// A syntax error of the variable.
  package struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The byte offset of the entry, counted from 1.
    package let column: Int
    package let message: String
    package let hint: String

    package var description: String { "\(EnvironmentPrices.variable):\(column): \(message); \(hint)" }
  }

  /// Parses entries that are separated by commas. Whitespace around ids and numbers and a trailing comma are
  /// ignored. An empty text has no prices.
  package init(parsing text: String) throws(SyntaxError) {
    var credits: [String: Credits] = [:]
    var start = 0
    let bytes = Array(text.utf8)
    let entries = bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    for (index, entry) in entries.enumerated() {
      let column = start + entry.prefix { EnvironmentPrices.isBlank($0) }.count + 1
      start += entry.count + 1
      let text = EnvironmentPrices.trimmed(entry)
      if text.isEmpty, index == entries.count - 1 { continue }
      let (id, value) = try EnvironmentPrices.entry(text, column)
      guard credits.updateValue(value, forKey: id) == nil else {
        throw SyntaxError(column: column, message: "\(id) occurs twice", hint: "keep one of them")
      }
    }
    self.credits = credits
  }

  private static func entry(_ text: ArraySlice<UInt8>, _ column: Int) throws(SyntaxError) -> (String, Credits)
  {
    guard let mark = text.firstIndex(of: UInt8(ascii: "=")) else {
      throw SyntaxError(
        column: column, message: "an entry has no ‘=’", hint: "write price_abc=100,price_def=550")
    }
    let id = String(decoding: trimmed(text[..<mark]), as: UTF8.self)
    let number = String(decoding: trimmed(text[text.index(after: mark)...]), as: UTF8.self)
    guard PriceMapSpec.isPriceID(id) else {
      throw SyntaxError(
        column: column, message: "the text before ‘=’ is not a Price ID",
        hint: "copy it from Stripe; it contains only `a`–`z`, `A`–`Z`, `0`–`9` and `_`")
    }
    guard let credits = Credits(number) else {
      throw SyntaxError(
        column: column, message: "the value of \(id) is not a number of credits",
        hint: "write a number such as 100, with at most six digits after the point")
    }
    guard credits.micro > 0 else {
      throw SyntaxError(
        column: column, message: "\(id) gives \(credits) credits", hint: "write a number above 0")
    }
    guard credits <= Credits.maxTransfer else {
      throw SyntaxError(
        column: column, message: "\(id) gives more credits than one movement of the ledger can have",
        hint: "write at most \(Credits.maxTransfer)")
    }
    return (id, credits)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes.drop(while: isBlank)
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }

  func price(_ id: String) -> CheckoutOrder.Price? {
    credits[id].map { CheckoutOrder.Price(credits: $0, currency: CurrencyCode().description) }
  }

  /// A price with different credits in the environment and in a map.
  package struct Conflict: Hashable, Sendable, CustomStringConvertible {
    package let price: String
    package let environment: Credits
    package let map: Credits

    package var description: String {
      "\(price) gives \(map) credits in the manifest and \(environment) in \(EnvironmentPrices.variable)"
    }

    /// What a waiting plan needs.
    var request: String { "one value of \(price), which \(description.dropFirst(price.count + 1))" }
  }

  /// Sorted by Price ID; equal credits are no conflict.
  package func conflicts(with spec: PriceMapSpec) -> [Conflict] {
    spec.prices.compactMap { id, price in
      guard let own = credits[id], own != price.credits else { return nil }
      return Conflict(price: id, environment: own, map: price.credits)
    }.sorted { $0.price < $1.price }
  }
}
