import Manifests
import Model
import Testing

struct ScalarTests {
  private func canonical<Scalar: ManifestValue>(_ type: Scalar.Type, _ value: Value) -> String? {
    var decoder = ManifestDecoder()
    return Scalar.decode(Node(value), &decoder)?.manifestValue?.json
  }

  @Test("Quantities have one canonical form") func quantitiesHaveOneCanonicalForm() {
    #expect(canonical(ByteCount.self, .string("1024Mi")) == "\"1Gi\"")
    #expect(canonical(TimeSpan.self, .string("5400s")) == "\"90m\"")
    #expect(canonical(CoreCount.self, .string("500m")) == "0.5")
    #expect(canonical(CoreCount.self, .decimal("2.0")) == "2")
    #expect(canonical(Credits.self, .decimal("0.40")) == "0.4")
    #expect(canonical(Amount.self, .decimal("10.00")) == "10")
    #expect(canonical(Percentage.self, .string("12.50%")) == "\"12.5%\"")
    #expect(
      canonical(Timestamp.self, .string("2026-12-01T01:00:00.250+01:00")) == "\"2026-12-01T00:00:00.25Z\"")
  }

  @Test("Invalid quantities are rejected") func invalidQuantitiesAreRejected() {
    for text in ["1e3", ".5", "5.", "--1", "1.00001", "", "99999999999999999999", "0x10"] {
      #expect(canonical(Amount.self, .string(text)) == nil, "\(text)")
    }
    for text in ["90", "1w", "-1s", "9999999999999999d", "1 s"] {
      #expect(canonical(TimeSpan.self, .string(text)) == nil, "\(text)")
    }
    for text in ["101%", "-1%", "1.001%", "10"] {
      #expect(canonical(Percentage.self, .string(text)) == nil, "\(text)")
    }
    #expect(canonical(Int.self, .string("3")) == nil, "a quoted number is text")
  }

  @Test("Image references are split into their parts")
  func imageReferencesAreSplitIntoTheirParts() throws {
    let digest = "sha256:" + String(repeating: "a", count: 64)
    let image = try #require(ImageReference(manifestText: "127.0.0.1:5055/team/echo:v1@\(digest)"))
    #expect(image.name == "127.0.0.1:5055/team/echo")
    #expect(image.tag == "v1")
    #expect(image.digest?.description == digest)
    #expect(image.registry == "127.0.0.1:5055" && image.repository == "team/echo")
    #expect(image.description == "127.0.0.1:5055/team/echo:v1@\(digest)")
    #expect(ImageReference(manifestText: "127.0.0.1:5055/echo")?.tag == nil)
    for text in ["", ":v1", "a//b", "A/b:", "a@sha256:12", "a b", "Upper", "a:v 1"] {
      #expect(ImageReference(manifestText: text) == nil, "\(text)")
    }
  }

  @Test(
    "Schedules name the next time",
    arguments: [
      ("0 2 * * *", "2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z"),
      ("*/15 * * * *", "2026-11-22T02:14:59Z", "2026-11-22T02:15:00Z"),
      ("0 4 1 */6 *", "2026-01-01T04:00:00Z", "2026-07-01T04:00:00Z"),
      ("0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
      ("30 9 * * mon-fri", "2026-11-20T09:30:00Z", "2026-11-23T09:30:00Z"),
      ("0 0 13 * fri", "2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z"),
      ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
      ("0 0 * * 7", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"),
    ])
  func schedulesNameTheNextTime(_ text: String, _ after: String, _ next: String) throws {
    let schedule = try #require(CronSchedule(text))
    #expect(schedule.next(after: try #require(Timestamp(after)))?.description == next)
  }

  @Test("Schedules without a next time are rejected")
  func schedulesWithoutANextTimeAreRejected() throws {
    #expect(try #require(CronSchedule("0 0 30 2 *")).next(after: Timestamp(seconds: 0)) == nil)
    for text in [
      "", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
      "5-1 * * * *", "a * * * *", "1,,2 * * * *",
    ] {
      #expect(CronSchedule(text) == nil, "\(text)")
      #expect(CronSchedule.problem(of: text) != nil, "\(text)")
    }
  }

  @Test("Decimals are exact") func decimalsAreExact() {
    for (text, digits, value) in [("0.1", 6, 100_000), ("-12.34", 2, -1234), ("+7", 0, 7), ("000.50", 2, 50)]
    {
      #expect(Decimals.scaled(text, digits: digits) == Int64(value))
    }
    for (value, digits, text) in [
      (100_000, 6, "0.1"), (-1234, 2, "-12.34"), (0, 6, "0"), (10, 0, "10"), (5_000_000, 6, "5"),
      (-5, 3, "-0.005"),
    ] {
      #expect(Decimals.text(Int64(value), digits: digits) == text)
    }
    #expect(Decimals.text(.min, digits: 6) == "-9223372036854.775808")
    #expect(Decimals.scaled("9223372036854775807", digits: 0) == .max)
    #expect(Decimals.scaled("9223372036854775808", digits: 0) == nil)
  }
}
