import Ledger
import Model
import Testing

/// Days that are due, and the parsing of days and manifests.
@Suite struct ExportStateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let first: String?
    let exported: [String]
    let now: String
    let due: [String]
    let reason: String
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    .init(
      first: nil, exported: [], now: "2026-11-22T00:00:00Z", due: [], reason: "there is nothing to export"),
    .init(
      first: "2026-11-20", exported: [], now: "2026-11-22T00:00:00Z", due: ["2026-11-20", "2026-11-21"],
      reason: "at midnight the day before is over"),
    .init(
      first: "2026-11-20", exported: [], now: "2026-11-21T23:59:59.999999Z", due: ["2026-11-20"],
      reason: "today is not over"),
    .init(
      first: "2026-11-22", exported: [], now: "2026-11-22T12:00:00Z", due: [], reason: "it began today"),
    .init(
      first: "2026-11-23", exported: [], now: "2026-11-22T12:00:00Z", due: [],
      reason: "the first entry is of a time to come"),
    .init(
      first: "2026-11-18", exported: ["2026-11-18", "2026-11-20"], now: "2026-11-22T12:00:00Z",
      due: ["2026-11-19", "2026-11-21"], reason: "a gap is due, oldest first"),
    .init(
      first: "2024-02-28", exported: [], now: "2024-03-02T00:00:00Z",
      due: ["2024-02-28", "2024-02-29", "2024-03-01"], reason: "a leap year has its day"),
  ]

  @Test("Missing days from the first to yesterday are due", arguments: cases) func missingDaysAreDue(
    example: Case
  ) throws {
    let state = ExportState(
      firstDay: example.first.flatMap { UTCDay($0) },
      exported: Set(example.exported.compactMap { UTCDay($0) }))
    let now = try #require(Timestamp(example.now))
    #expect(state.due(at: now).map(\.description) == example.due)
  }

  @Test(
    "The text of a day can be parsed",
    arguments: ["1970-01-01", "1969-12-31", "2000-02-29", "2026-11-21", "9999-12-31", "0001-01-01"])
  func dayRoundTrips(text: String) throws {
    let day = try #require(UTCDay(text))
    #expect(day.description == text)
    #expect(UTCDay(of: day.start) == day && UTCDay(of: day.end) == day.next)
    #expect(UTCDay(of: Timestamp(microseconds: day.end.microseconds - 1)) == day)
  }

  @Test(
    "Text that is not a day is rejected",
    arguments: ["", "2026-11-31", "2026-1-01", "2026-11-21T00:00:00Z", "21.11.2026"])
  func rejectsInvalidDay(text: String) { #expect(UTCDay(text) == nil) }

  @Test(
    "Text that is not a manifest is rejected",
    arguments: [
      "", "{}", "[]", #"{"schemaVersion":2,"day":"2026-11-21","files":[],"previousSha256":null}"#,
      #"{"schemaVersion":1,"day":"2026-11-31","files":[],"previousSha256":null}"#,
      #"{"schemaVersion":1,"day":"2026-11-21","files":[{"path":"a"}],"previousSha256":null}"#,
      #"{"schemaVersion":1,"day":"2026-11-21","files":[],"previousSha256":"12"}"#,
    ])
  func rejectsInvalidManifest(text: String) { #expect(ExportManifest(Array(text.utf8)) == nil) }
}
