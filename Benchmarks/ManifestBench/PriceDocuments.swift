import FoundationEssentials
import Glibc
import Manifests
import Model

/// Documents like those that an operator with very many price maps would have: about 12 lines and 270 bytes
/// each.
enum PriceDocuments {
  /// Returns how many bytes were written.
  static func write(_ count: Int, to path: String) throws -> Int {
    var text: [UInt8] = []
    for index in 0..<count {
      let document = """
        ---
        apiVersion: rendertrust.com/v1
        kind: PriceMap
        metadata:
          name: credit-packs-\(index)
          labels: {region: eu-central, tier: standard}
        spec:
          currency: usd
          prices:
            price_pack10_\(index): {credits: \(100 + index % 50), amount: 10.00}
            price_pack50_\(index): {credits: 550, amount: \(50 + index % 7).50}
          effective: 2026-12-01T00:00:00Z

        """
      text.append(contentsOf: document.utf8)
    }
    try Data(text).write(to: URL(filePath: path))
    return text.count
  }

  /// The most memory that this process ever held, in bytes.
  static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}

struct PriceSpec: ManifestObject {
  var credits = Credits(micro: 0)
  var amount: Amount?
  static let fields = Fields<Self>("What one Stripe price gives") {
    Field("credits", \.credits, "Credits that the buyer receives", .required, .above(Credits(micro: 0)))
    Field("amount", \.amount, "What Stripe charges, in the map's currency")
  }
}

struct PriceMapSpec: ManifestSpec {
  static let kind = "PriceMap"
  var currency = "usd"
  var prices: [String: PriceSpec] = [:]
  var effective: Timestamp?
  static let fields = Fields<Self>("Which Stripe prices give how many credits") {
    Field("currency", \.currency, "Currency of all amounts")
    Field("prices", \.prices, "Price ids and what they give", .required, .nonEmpty)
    Field("effective", \.effective, "When the map takes effect")
  }
}
