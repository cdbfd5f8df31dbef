internal import Glibc
internal import Model

/// Signs as Stripe does, without what the driver verifies with: the HMAC is composed from SHA-256 by its
/// definition (RFC 2104).
package enum TestSigner {
  package static func header(_ body: [UInt8], secret: String, at seconds: Int64) -> String {
    "t=\(seconds),v1=\(signature(body, secret: secret, at: seconds))"
  }

  /// 64 hexadecimal digits.
  package static func signature(_ body: [UInt8], secret: String, at seconds: Int64) -> String {
    var key = Array(secret.utf8)
    if key.count > 64 { key = bytes(Digest(of: key)) }
    key += [UInt8](repeating: 0, count: 64 - key.count)
    let inner = bytes(Digest(of: key.map { $0 ^ 0x36 } + Array("\(seconds).".utf8) + body))
    return Digest(of: key.map { $0 ^ 0x5C } + inner).hex
  }

  private static func bytes(_ digest: Digest) -> [UInt8] {
    let digits = digest.hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// This machine's clock, for what is compared with another program's.
  package static func clockSeconds() -> Int64 { Int64(time(nil)) }
}
