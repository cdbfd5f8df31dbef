import Model
import StripeAPI
import StripeSupport
import Testing

/// The official library and this driver agree on what is signed, in both directions.
@Suite(.timeLimit(.minutes(5)))
struct OfficialLibraryTests {
  static let secrets = ["whsec_4b2fMt8rQ", "k", "whsec_ümläut ☕", String(repeating: "long", count: 50)]
  static let bodies = [
    SampleEvents.event("charge.refunded", object: SampleEvents.charge()),
    SampleEvents.event("checkout.session.completed", id: "evt_2", object: SampleEvents.session()),
    SampleEvents.event("charge.dispute.created", id: "evt_3", live: "false", object: SampleEvents.dispute()),
    // Spaces and line ends are signed as they stand.
    "\r\n " + SampleEvents.event("a.type.to.come", id: "evt_4", object: #"{"id":"x_1"}"#) + "\n\t",
  ]
  static let cases = bodies.flatMap { body in secrets.map { (body: body, secret: $0) } }

  @Test("Signatures of the official library are accepted")
  func signaturesOfTheOfficialLibraryAreAccepted() async throws {
    let answers = try await OfficialLibrary.answers(
      Self.cases.map { .sign($0.body, secret: $0.secret, at: 1_760_000_000) })
    for (example, answer) in zip(Self.cases, answers) {
      let header = try #require(answer["header"]?.plainText)
      #expect(
        StripeSignatureTests.failure(header, body: Array(example.body.utf8), secrets: [example.secret]) == nil
      )
      #expect(
        StripeSignatureTests.failure(header, body: Array(example.body.utf8), secrets: [example.secret + "x"])
          == .noMatch)
      #expect(
        header == TestSigner.header(Array(example.body.utf8), secret: example.secret, at: 1_760_000_000),
        "the tests' signer signs as the library does")
    }
  }

  @Test("The official library accepts the test signer's signatures")
  func theOfficialLibraryAcceptsTheTestSigners() async throws {
    let now = TestSigner.clockSeconds()
    let headers = Self.cases.map { TestSigner.header(Array($0.body.utf8), secret: $0.secret, at: now) }
    let answers = try await OfficialLibrary.answers(
      zip(Self.cases, headers).map { .construct($0.body, header: $1, secret: $0.secret) })
    for (example, answer) in zip(Self.cases, answers) {
      let event = try StripeEvent(body: Array(example.body.utf8))
      #expect(answer["refused"] == nil && answer["object"] != nil, "\(answer.json)")
      #expect(answer["id"] == .string(event.id) && answer["type"] == .string(event.type))
      #expect(answer["created"] == .integer(event.created.microseconds / 1_000_000))
      #expect(answer["livemode"] == .bool(event.isLive))
    }
  }

  @Test("The official library rejects the same headers")
  func theOfficialLibraryRejectsTheSameHeaders() async throws {
    let (now, body, secret) = (TestSigner.clockSeconds(), Self.bodies[0], Self.secrets[0])
    let good = TestSigner.signature(Array(body.utf8), secret: secret, at: now)
    let wrong = TestSigner.signature(Array(body.utf8), secret: "another", at: now)
    let old = TestSigner.header(Array(body.utf8), secret: secret, at: now - 400)
    let headers: [(text: String, code: StripeError.Code?)] = [
      ("t=\(now),v1=\(good)", nil), ("t=\(now),v1=\(wrong),v1=\(good)", nil),
      ("v0=1,v1=\(good),t=\(now)", nil),
      ("t=\(now),v1=\(wrong)", .noMatch), ("t=\(now + 1),v1=\(good)", .noMatch),
      ("t=\(now),v1=\(good.uppercased())", .noMatch), ("t=\(now),v0=\(good)", .noSignature),
      ("t=\(now)", .noSignature), ("v1=\(good)", .malformedHeader), ("t=x,v1=\(good)", .malformedHeader),
      (old, .tooOld),
    ]
    let answers = try await OfficialLibrary.answers(
      headers.map { .construct(body, header: $0.text, secret: secret) })
    for (header, answer) in zip(headers, answers) {
      let failure = StripeSignatureTests.failure(
        header.text, body: Array(body.utf8), secrets: [secret], now: Timestamp(seconds: now))
      #expect(failure == header.code, "\(header.text)")
      #expect((answer["refused"] != nil) == (header.code != nil), "\(header.text): \(answer.json)")
    }
  }
}

extension Value {
  fileprivate static func sign(_ body: String, secret: String, at seconds: Int64) -> Value {
    .members([
      "do": .string("sign"), "payload": .string(body), "secret": .string(secret),
      "timestamp": .integer(seconds),
    ])
  }

  fileprivate static func construct(_ body: String, header: String, secret: String) -> Value {
    .members([
      "do": .string("construct"), "payload": .string(body), "header": .string(header),
      "secret": .string(secret),
    ])
  }
}
