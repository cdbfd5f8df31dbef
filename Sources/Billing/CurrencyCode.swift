internal import Manifests

/// An ISO 4217 currency code in lower case, as Stripe writes it.
package struct CurrencyCode: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// US dollars, the currency of credit prices.
  package init() { description = "usd" }

  /// The number of decimal places of an amount, by Stripe's lists of zero-decimal and three-decimal
  /// currencies.
  package var digits: Int {
    if CurrencyCode.withoutDecimals.contains(description) || isWrittenInHundredths { return 0 }
    return CurrencyCode.withThreeDecimals.contains(description) ? 3 : 2
  }

  /// Whether an amount has at most the currency's number of decimal places.
  func takes(_ amount: Amount) -> Bool {
    amount.tenThousandths % CurrencyCode.tenThousandths(digits: digits) == 0
  }

  /// The ten-thousandths of one unit of Stripe's `unit_amount`.
  var stripeUnit: Int64 { CurrencyCode.tenThousandths(digits: isWrittenInHundredths ? 2 : digits) }

  /// Whether the currency has no smaller unit, although Stripe writes its amounts in hundredths: 5,000 UGX
  /// are 500000.
  private var isWrittenInHundredths: Bool { ["isk", "ugx"].contains(description) }

  private static func tenThousandths(digits: Int) -> Int64 { (digits..<4).reduce(1) { unit, _ in unit * 10 } }

  private static let withoutDecimals: Set<String> = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
  ]
  private static let withThreeDecimals: Set<String> = ["bhd", "jod", "kwd", "omr", "tnd"]
}

extension CurrencyCode: ManifestText {
  /// Nil unless the text is three lowercase letters.
  package init?(manifestText: String) {
    guard manifestText.utf8.count == 3, manifestText.utf8.allSatisfy({ (97...122).contains($0) }) else {
      return nil
    }
    description = manifestText
  }

  package var manifestText: String { description }
  package static var expectation: String { "a currency of three lowercase letters" }
  package static var examples: [String] { ["usd", "eur"] }
  package static var pattern: String? { "^[a-z]{3}$" }
  package static func hint(for text: String) -> String? {
    CurrencyCode(manifestText: text.lowercased()).map { "did you mean `\($0)`?" }
  }
}
