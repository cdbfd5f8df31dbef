internal import COpenSSL
package import Model

/// The `Stripe-Signature` header of a delivery: the time of signing and the signatures of scheme `v1`, one
/// for each active secret.
///
/// Scheme `v1` is the HMAC-SHA256 of the header's timestamp, a full stop and the body's bytes, in lower-case
/// hexadecimal digits. Every other scheme (test deliveries carry `v0`) proves nothing and is ignored.
package struct StripeSignature: Sendable, Hashable {
  /// The maximum difference between the time of signing and now, as Stripe recommends it.
  package static let standardTolerance = TimeSpan(seconds: 300)
  /// Longer headers are rejected: ten secrets at once need less than 1 KiB.
  package static let maxHeaderBytes = 4096

  /// Seconds since 1970-01-01T00:00:00Z.
  package let signedAtSeconds: Int64
  /// The values of `v1`, as written.
  private let signatures: [[UInt8]]

  /// Parses `t=1492774577,v1=5257a8…,v1=…`. Fails with `malformedHeader` or `noSignature`.
  package init(header: String) throws(StripeError) {
    func malformed(_ what: String) -> StripeError {
      StripeError(
        .malformedHeader, "the Stripe-Signature header \(what)",
        hint: "pass the header on exactly as Stripe sent it")
    }
    let bytes = Array(header.utf8)
    guard !bytes.isEmpty else { throw malformed("is empty") }
    guard bytes.count <= StripeSignature.maxHeaderBytes else {
      throw malformed("is longer than \(StripeSignature.maxHeaderBytes) bytes")
    }
    var time: Int64?
    var signatures: [[UInt8]] = []
    for element in bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let mark = element.firstIndex(of: UInt8(ascii: "=")) else {
        throw malformed("has an element without “=”")
      }
      let value = element[element.index(after: mark)...]
      switch String(decoding: element[..<mark], as: UTF8.self) {
      case "t":
        guard time == nil else { throw malformed("has two timestamps") }
        // The digits exactly as written: they are part of the signed message.
        let text = String(decoding: value, as: UTF8.self)
        guard let number = Int64(text), number >= 0, String(number) == text else {
          throw malformed("has a timestamp that is no number of seconds")
        }
        time = number
      case "v1": signatures.append(Array(value))
      default: continue
      }
    }
    guard let time else { throw malformed("has no timestamp") }
    guard !signatures.isEmpty else {
      throw StripeError(
        .noSignature, "the Stripe-Signature header has no signature of scheme v1",
        hint: "send events from a webhook endpoint of Stripe's")
    }
    signedAtSeconds = time
    self.signatures = signatures
  }

  /// Succeeds when one of the signatures was made with one of the secrets over exactly these bytes, and not
  /// further from `now` than `tolerance` in either direction; both are compared in whole seconds.
  ///
  /// Its duration reveals neither where a wrong signature differs nor which secret matches.
  /// - Parameters:
  ///   - body: The request's body as it arrived, before decoding.
  ///   - secrets: `whsec_…`, all that are valid during a rotation. Empty ones are ignored, because everyone
  ///     knows them.
  /// - Throws: `noMatch`, then `tooOld` or `inFuture`; `invalidRequest` without a secret.
  package func verify(
    _ body: [UInt8], secrets: [Secret], now: Timestamp,
    tolerance: TimeSpan = StripeSignature.standardTolerance
  ) throws(StripeError) {
    let usable = secrets.filter { secret in !secret.reveal().allSatisfy(\.isWhitespace) }
    guard !usable.isEmpty else {
      throw StripeError(
        .invalidRequest, "there is no signing secret to verify events with",
        hint: "set the endpoint's signing secret, which begins with whsec_")
    }
    let message = Array("\(signedAtSeconds).".utf8) + body
    var matches = false
    for secret in usable {
      let expected = StripeSignature.code(of: message, with: secret)
      for signature in signatures where StripeSignature.isSame(signature, expected) { matches = true }
    }
    guard matches else {
      throw StripeError(
        .noMatch, "no signature fits the event's body",
        hint: "check that the signing secret is this endpoint's, and that nothing changes the body on its way"
      )
    }
    try checkAge(now: now, tolerance: tolerance)
  }

  private func checkAge(now: Timestamp, tolerance: TimeSpan) throws(StripeError) {
    let seconds = now.microseconds / 1_000_000 - (now.microseconds % 1_000_000 < 0 ? 1 : 0)
    // `signedAtSeconds` is not negative, so only a `now` far before 1970 could overflow.
    let (age, overflow) = seconds.subtractingReportingOverflow(signedAtSeconds)
    let limit = tolerance.milliseconds / 1000
    guard !overflow, age >= -limit else {
      throw StripeError(
        .inFuture, "the event was signed more than \(limit) s ahead of this machine's clock",
        hint: "set this machine's clock by NTP")
    }
    guard age <= limit else {
      throw StripeError(
        .tooOld, "the event was signed more than \(limit) s ago",
        hint: "Stripe signs each delivery separately: resend the event, and set this machine's clock by NTP")
    }
  }

  /// The code as 64 hexadecimal digits; empty when OpenSSL fails, which matches no signature.
  private static func code(of message: [UInt8], with secret: Secret) -> [UInt8] {
    let key = Array(secret.reveal().utf8)
    var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &output, &length) != nil else {
      return []
    }
    let digits = Array("0123456789abcdef".utf8)
    return output.prefix(Int(length)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  private static func isSame(_ signature: [UInt8], _ expected: [UInt8]) -> Bool {
    !expected.isEmpty && signature.count == expected.count
      && CRYPTO_memcmp(signature, expected, expected.count) == 0
  }
}
