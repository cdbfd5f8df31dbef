import FoundationEssentials
import Model
import Testing

/// Exact decimals: `Decimals`, `Credits` and `CoreCount`.
@Suite struct DecimalTests {
  @Test(
    "Decimals are parsed exactly",
    arguments: [
      ("0.1", 6, 100_000), ("-12.34", 2, -1234), ("+7", 0, 7), ("000.50", 2, 50),
      ("9223372036854775807", 0, .max),
    ] as [(String, Int, Int64)])
  func decimalsAreParsed(_ text: String, _ digits: Int, _ value: Int64) {
    #expect(Decimals.scaled(text, digits: digits) == value)
  }

  @Test(
    "Other texts are not decimals",
    arguments: ["", "-", ".5", "5.", "1e3", "--1", "1.234", "9223372036854775808", "1,5", " 1", "٣"])
  func otherTextsAreRejected(_ text: String) {
    #expect(Decimals.scaled(text, digits: 2) == nil)
  }

  @Test(
    "Decimals are written in their shortest form",
    arguments: [
      (100_000, 6, "0.1"), (-1234, 2, "-12.34"), (0, 6, "0"), (10, 0, "10"), (5_000_000, 6, "5"),
      (-5, 3, "-0.005"), (.min, 6, "-9223372036854.775808"),
    ] as [(Int64, Int, String)])
  func decimalsAreWritten(_ value: Int64, _ digits: Int, _ text: String) {
    #expect(Decimals.text(value, digits: digits) == text)
  }

  @Test("Credits have at most six digits after the point") func creditsHaveSixDigits() {
    #expect(Credits("0.4") == Credits(micro: 400_000))
    #expect(Credits("-1.000001") == Credits(micro: -1_000_001))
    #expect(Credits("0.0000001") == nil && Credits("1e2") == nil && Credits("") == nil)
    #expect(Credits(micro: 1_500_000).description == "1.5")
    #expect(Credits(micro: 1) < Credits(micro: 2))
  }

  @Test("Cores are written as decimals or thousandths") func coresAreParsed() {
    #expect(CoreCount("500m") == CoreCount(thousandths: 500))
    #expect(CoreCount("0.5") == CoreCount("500m") && CoreCount("2") == CoreCount(cores: 2))
    #expect(CoreCount(thousandths: 1250).description == "1.25")
    #expect(CoreCount(cores: 2).nanoCPUs == 2_000_000_000)
    for text in ["-1", "-1m", "0.0001", "1.5m", "", "m", "two"] {
      #expect(CoreCount(text) == nil, "\(text)")
    }
  }
}
