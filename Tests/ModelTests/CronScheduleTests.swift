import FoundationEssentials
import Model
import Testing

@Suite struct CronScheduleTests {
  @Test(
    "The next time follows from the fields",
    arguments: [
      ("0 2 * * *", "2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z"),
      ("*/15 * * * *", "2026-11-22T02:14:59Z", "2026-11-22T02:15:00Z"),
      ("0 4 1 */6 *", "2026-01-01T04:00:00Z", "2026-07-01T04:00:00Z"),
      ("0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
      ("30 9 * * mon-fri", "2026-11-20T09:30:00Z", "2026-11-23T09:30:00Z"),
      ("0 0 13 * fri", "2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z"),
      ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
      ("0 0 * * 7", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"),
      ("10-50/20 1,3 * * *", "2026-11-22T01:50:00Z", "2026-11-22T03:10:00Z"),
    ])
  func nextTimeFollowsFromTheFields(_ text: String, _ after: String, _ next: String) throws {
    let schedule = try #require(CronSchedule(text))
    #expect(schedule.next(after: try #require(Timestamp(after)))?.description == next)
  }

  @Test("A date that does not exist has no next time") func impossibleDateHasNoNextTime() throws {
    #expect(try #require(CronSchedule("0 0 30 2 *")).next(after: Timestamp(seconds: 0)) == nil)
  }

  @Test(
    "Invalid fields are rejected with a reason",
    arguments: [
      "", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
      "5-1 * * * *", "a * * * *", "1,,2 * * * *",
    ])
  func invalidFieldsAreRejected(_ text: String) {
    #expect(CronSchedule(text) == nil)
    #expect(CronSchedule.problem(of: text) != nil)
  }

  @Test("Fields are separated by one space in text and JSON") func fieldsAreNormalized() throws {
    let schedule = try #require(CronSchedule(" 0\t2   * * * "))
    #expect(schedule.text == "0 2 * * *")
    #expect(CronSchedule.problem(of: schedule.text) == nil)
    let data = try JSONEncoder().encode([schedule])
    #expect(String(decoding: data, as: UTF8.self) == #"["0 2 * * *"]"#)
    #expect(try JSONDecoder().decode([CronSchedule].self, from: data) == [schedule])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([CronSchedule].self, from: Data(#"["daily"]"#.utf8))
    }
  }
}
