import Model
import RandomSupport
import Testing

/// `Timestamp` and `TimeSpan`.
@Suite struct TimestampTests {
  @Test(
    "Times of RFC 3339 are parsed",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-12-01T00:00:00Z", 1_796_083_200_000_000),
      ("2026-12-01T01:00:00.250+01:00", 1_796_083_200_250_000),
      ("2026-11-30t18:30:00.000001-05:30", 1_796_083_200_000_001),
      ("1969-12-31 23:59:59.5z", -500_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
    ] as [(String, Int64)])
  func timesAreParsed(_ text: String, _ microseconds: Int64) {
    #expect(Timestamp(text)?.microseconds == microseconds)
  }

  @Test(
    "Other texts are rejected",
    arguments: [
      "", "2026-12-01", "2026-12-01T00:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-12-00T00:00:00Z", "2026-12-01T24:00:00Z",
      "2026-12-01T00:60:00Z", "2026-12-01T00:00:60Z", "2026-12-01T00:00:00.Z", "2026-12-01T00:00:00+0100",
      "2026-12-01T00:00:00Z ", "26-12-01T00:00:00Z",
    ])
  func otherTextsAreRejected(_ text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("Times are written in UTC with the shortest fraction") func timesAreWritten() {
    #expect(Timestamp(seconds: 0).description == "1970-01-01T00:00:00Z")
    #expect(Timestamp(microseconds: 1_796_083_200_250_000).description == "2026-12-01T00:00:00.25Z")
    #expect(Timestamp(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
  }

  @Test("A written time is parsed again", arguments: 0..<200) func timesRoundTrip(seed: UInt64) {
    var numbers = SeededRandom(seed: seed)
    let time = Timestamp(
      microseconds: .random(in: -60_000_000_000_000_000...250_000_000_000_000_000, using: &numbers))
    #expect(Timestamp(time.description) == time, "\(time)")
  }

  @Test("Spans are added and subtracted in milliseconds") func spansAreAdded() {
    let time = Timestamp(seconds: 10)
    #expect(time + TimeSpan(milliseconds: 1500) == Timestamp(microseconds: 11_500_000))
    #expect(Timestamp(seconds: 12) - time == TimeSpan(seconds: 2))
    #expect(time - Timestamp(seconds: 12) == TimeSpan(seconds: -2))
    #expect(time < time + TimeSpan(milliseconds: 1))
  }

  @Test(
    "Spans are written in the largest unit that divides evenly",
    arguments: [
      ("250ms", 250), ("90s", 90_000), ("15m", 900_000), ("24h", 86_400_000), ("7d", 604_800_000),
    ] as [(String, Int64)])
  func spansAreWritten(_ text: String, _ milliseconds: Int64) {
    #expect(TimeSpan(text)?.milliseconds == milliseconds)
    #expect(TimeSpan(TimeSpan(milliseconds: milliseconds).description)?.milliseconds == milliseconds)
  }

  @Test(
    "Other texts are not spans", arguments: ["", "90", "1w", "-1s", "9999999999999999d", "1 s", "1.5h", "s"])
  func otherTextsAreNotSpans(_ text: String) {
    #expect(TimeSpan(text) == nil)
  }

  @Test("Empty and negative spans are written as 0s") func emptySpansAreWritten() {
    #expect(TimeSpan("24h")?.description == "1d" && TimeSpan("5400s")?.description == "90m")
    #expect(TimeSpan(milliseconds: 0).description == "0s")
    #expect(TimeSpan(milliseconds: -1).description == "0s")
  }
}
