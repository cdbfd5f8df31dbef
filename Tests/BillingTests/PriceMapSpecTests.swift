import Billing
import KindTestSupport
import Manifests
import Model
import Testing

@Suite struct PriceMapSpecTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    let spec: String
    /// A part of the message.
    let problem: String
    var testDescription: String { reason }
  }

  static let table: [Row] = [
    Row(reason: "a map needs prices", spec: #"{"prices":{}}"#, problem: "must not be empty"),
    Row(reason: "prices are required", spec: "{}", problem: "needs the field ‘prices’"),
    Row(
      reason: "a price must give credits", spec: #"{"prices":{"a":{"credits":0}}}"#,
      problem: "must be more than 0"),
    Row(
      reason: "cents are the smallest unit of dollars",
      spec: #"{"prices":{"a":{"credits":1,"amount":9.999}}}"#,
      problem: "has more decimal places than usd"),
    Row(
      reason: "yen have no smaller unit",
      spec: #"{"currency":"jpy","prices":{"a":{"credits":1,"amount":9.5}}}"#,
      problem: "jpy has no smaller unit"),
    Row(
      reason: "shillings have no smaller unit, although Stripe writes two decimals",
      spec: #"{"currency":"ugx","prices":{"a":{"credits":1,"amount":9.5}}}"#,
      problem: "ugx has no smaller unit"),
    Row(
      reason: "Stripe writes currencies in lower case",
      spec: #"{"currency":"USD","prices":{"a":{"credits":1}}}"#,
      problem: "did you mean `usd`?"),
    Row(
      reason: "a Price ID has no spaces", spec: #"{"prices":{"a b":{"credits":1}}}"#,
      problem: "is not a Price ID"),
    Row(
      reason: "prices live in a database", spec: #"{"database":"Node/a","prices":{"a":{"credits":1}}}"#,
      problem: "must refer to `Database/…`"),
  ]

  @Test("Refuses an invalid spec", arguments: table) func refusesInvalidSpec(_ row: Row) throws {
    let error = #expect(throws: Fixture.Refused.self) {
      try Fixture.resource(PriceMapSpec.self, "packs", row.spec)
    }
    #expect(error?.description.contains(row.problem) == true, "found: \(error?.description ?? "nothing")")
  }

  @Test("A map is ordered after its database") func mapIsOrderedAfterDatabase() throws {
    let silent = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
    #expect(silent.references.map(\.target.description) == ["Database/platform"])
    let written = try Fixture.resource(
      PriceMapSpec.self, "packs", #"{"database":"Database/money","prices":{"a":{"credits":1}}}"#)
    #expect(written.references.map(\.target.description) == ["Database/money"])
  }
}
