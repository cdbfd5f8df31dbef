import Model
import StripeAPI
import StripeSupport
import Testing

struct StripeSignatureTests {
  static let body = Array(SampleEvents.event("charge.refunded", object: SampleEvents.charge()).utf8)
  static let secret = "whsec_4b2fMt8rQ"
  static let signedAt: Int64 = 1_760_000_000

  /// The code that verifying fails with; nil for success.
  static func failure(
    _ header: String, body: [UInt8] = body, secrets: [String] = [secret],
    now: Timestamp = Timestamp(seconds: signedAt), tolerance: TimeSpan = StripeSignature.standardTolerance
  ) -> StripeError.Code? {
    do {
      let signature = try StripeSignature(header: header)
      try signature.verify(body, secrets: secrets.map { Secret($0) }, now: now, tolerance: tolerance)
      return nil
    } catch {
      let said = error.debugDescription
      #expect(!secrets.contains { $0.count > 8 && said.contains($0) }, "\(said)")
      return error.code
    }
  }

  static func header(_ secret: String = secret) -> String {
    TestSigner.header(body, secret: secret, at: signedAt)
  }

  @Test("Stripe's signatures are accepted") func stripesSignaturesAreAccepted() throws {
    #expect(Self.failure(Self.header()) == nil)
    #expect(try StripeSignature(header: Self.header()).signedAtSeconds == Self.signedAt)
    let empty = TestSigner.header([], secret: Self.secret, at: Self.signedAt)
    #expect(Self.failure(empty, body: []) == nil, "an empty body may be signed as well")
    let long = String(repeating: "k", count: 200)
    #expect(Self.failure(Self.header(long), secrets: [long]) == nil, "a secret longer than SHA-256's block")
  }

  @Test("Each byte of the signature counts") func eachByteOfTheSignatureCounts() {
    let genuine = TestSigner.signature(Self.body, secret: Self.secret, at: Self.signedAt)
    for index in genuine.utf8.indices {
      for change: UInt8 in [1, 2, 0x20, 0x80] {
        var bytes = Array(genuine.utf8)
        bytes[genuine.utf8.distance(from: genuine.startIndex, to: index)] ^= change
        let header = "t=\(Self.signedAt),v1=\(String(decoding: bytes, as: UTF8.self))"
        #expect(Self.failure(header) == .noMatch, "\(header)")
      }
    }
    for other in [genuine.dropLast() + "", genuine + "0", "", genuine.uppercased(), "0x" + genuine] {
      #expect(Self.failure("t=\(Self.signedAt),v1=\(other)") == .noMatch, "\(other)")
    }
  }

  @Test("Each byte of the body counts") func eachByteOfTheBodyCounts() {
    let header = Self.header()
    for index in Self.body.indices {
      var body = Self.body
      body[index] ^= 1
      #expect(Self.failure(header, body: body) == .noMatch, "byte \(index)")
    }
    #expect(Self.failure(header, body: Self.body + [10]) == .noMatch, "a line feed more")
    #expect(Self.failure(header, body: Self.body.dropLast()) == .noMatch, "a byte less")
  }

  @Test("The timestamp is signed too") func theTimestampIsSignedToo() {
    let signature = TestSigner.signature(Self.body, secret: Self.secret, at: Self.signedAt)
    for seconds in [Self.signedAt - 1, Self.signedAt + 1] {
      #expect(Self.failure("t=\(seconds),v1=\(signature)") == .noMatch)
    }
  }

  struct Moment: Sendable, CustomTestStringConvertible {
    let reason: String
    let microseconds: Int64
    var tolerance = StripeSignature.standardTolerance
    let code: StripeError.Code?
    var testDescription: String { reason }
  }

  static let moments = [
    Moment(reason: "at once", microseconds: 0, code: nil),
    Moment(reason: "300 s old", microseconds: 300_000_000, code: nil),
    Moment(reason: "300.9 s old: whole seconds count", microseconds: 300_900_000, code: nil),
    Moment(reason: "301 s old", microseconds: 301_000_000, code: .tooOld),
    Moment(reason: "300 s ahead", microseconds: -300_000_000, code: nil),
    Moment(reason: "301 s ahead", microseconds: -301_000_000, code: .inFuture),
    Moment(
      reason: "10 s old, 5 s tolerated", microseconds: 10_000_000, tolerance: TimeSpan(seconds: 5),
      code: .tooOld),
    Moment(
      reason: "no tolerance, same second", microseconds: 999_999, tolerance: TimeSpan(seconds: 0), code: nil),
  ]

  @Test("The time of signing is limited in both directions", arguments: moments)
  func theTimeOfSigningIsLimitedInBothDirections(_ moment: Moment) {
    let now = Timestamp(microseconds: Self.signedAt * 1_000_000 + moment.microseconds)
    #expect(Self.failure(Self.header(), now: now, tolerance: moment.tolerance) == moment.code)
  }

  @Test("Extreme times are rejected") func extremeTimesAreRejected() {
    let latest = TestSigner.header(Self.body, secret: Self.secret, at: .max)
    #expect(Self.failure(latest, now: Timestamp(microseconds: .min)) == .inFuture)
    #expect(Self.failure(latest, now: Timestamp(microseconds: .max)) == .inFuture)
    let first = TestSigner.header(Self.body, secret: Self.secret, at: 0)
    #expect(Self.failure(first, now: Timestamp(microseconds: .max)) == .tooOld)
    #expect(Self.failure(first, now: Timestamp(microseconds: .min)) == .inFuture)
    #expect(Self.failure(first, now: Timestamp(microseconds: -300_000_000)) == nil)
    #expect(Self.failure(first, now: Timestamp(microseconds: -300_000_001)) == .inFuture)
  }

  @Test("During a rotation both secrets are accepted")
  func duringARotationBothSecretsAreAccepted() {
    let (old, new) = ("whsec_old", "whsec_new")
    let signatures = [old, new].map { TestSigner.signature(Self.body, secret: $0, at: Self.signedAt) }
    let both = "t=\(Self.signedAt),v1=\(signatures[0]),v1=\(signatures[1])"
    #expect(Self.failure(both, secrets: [old]) == nil, "two signatures, the old secret")
    #expect(Self.failure(both, secrets: [new]) == nil, "two signatures, the new secret")
    #expect(Self.failure(both, secrets: ["whsec_else"]) == .noMatch)
    for secret in [old, new] {
      #expect(Self.failure(Self.header(secret), secrets: [old, new]) == nil, "one signature, both secrets")
      #expect(Self.failure(Self.header(secret), secrets: ["whsec_else"]) == .noMatch)
    }
  }

  @Test("An empty secret is ignored") func anEmptySecretIsIgnored() {
    for none in [[], [""], [" \n"], ["", "\t"]] {
      #expect(Self.failure(Self.header(none.first ?? ""), secrets: none) == .invalidRequest)
    }
    #expect(
      Self.failure(Self.header(""), secrets: ["", Self.secret]) == .noMatch, "an empty secret is no secret")
  }

  struct Header: Sendable, CustomTestStringConvertible {
    let reason: String
    let text: String
    let code: StripeError.Code?
    var testDescription: String { reason }
  }

  static let good = TestSigner.signature(body, secret: secret, at: signedAt)
  static let headers = [
    Header(reason: "empty", text: "", code: .malformedHeader),
    Header(reason: "no timestamp", text: "v1=\(good)", code: .malformedHeader),
    Header(reason: "two timestamps", text: "t=\(signedAt),t=\(signedAt),v1=\(good)", code: .malformedHeader),
    Header(reason: "timestamp is a word", text: "t=now,v1=\(good)", code: .malformedHeader),
    Header(reason: "timestamp is empty", text: "t=,v1=\(good)", code: .malformedHeader),
    Header(reason: "negative timestamp", text: "t=-1,v1=\(good)", code: .malformedHeader),
    Header(reason: "zeros before the timestamp", text: "t=0\(signedAt),v1=\(good)", code: .malformedHeader),
    Header(reason: "timestamp with a sign", text: "t=+\(signedAt),v1=\(good)", code: .malformedHeader),
    Header(
      reason: "timestamp beyond 64 bits", text: "t=9223372036854775808,v1=\(good)", code: .malformedHeader),
    Header(reason: "an element without a value", text: "t=\(signedAt),v1=\(good),v2", code: .malformedHeader),
    Header(reason: "a comma at the end", text: "t=\(signedAt),v1=\(good),", code: .malformedHeader),
    Header(
      reason: "far too long", text: "t=\(signedAt),v1=\(good),v9=" + String(repeating: "a", count: 4096),
      code: .malformedHeader),
    Header(reason: "no signature at all", text: "t=\(signedAt)", code: .noSignature),
    Header(reason: "v0 alone proves nothing", text: "t=\(signedAt),v0=\(good)", code: .noSignature),
    Header(reason: "schemes are case-sensitive", text: "t=\(signedAt),V1=\(good)", code: .noSignature),
    Header(reason: "v0 is passed over", text: "t=\(signedAt),v1=\(good),v0=6ffbb59b", code: nil),
    Header(reason: "a good v0 saves no bad v1", text: "t=\(signedAt),v1=00,v0=\(good)", code: .noMatch),
    Header(reason: "schemes to come are passed over", text: "v2=x,t=\(signedAt),v7=,v1=\(good)", code: nil),
    Header(reason: "one good signature is enough", text: "t=\(signedAt),v1=00,v1=\(good),v1=", code: nil),
  ]

  @Test("Headers are parsed", arguments: headers) func headersAreParsed(_ header: Header) {
    #expect(Self.failure(header.text) == header.code)
  }
}
