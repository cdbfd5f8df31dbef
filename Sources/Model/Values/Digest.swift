internal import COpenSSL

/// A SHA-256 digest as 64 lower-case hexadecimal digits.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  package let hex: String

  /// Nil unless the text has 64 lower-case hexadecimal digits.
  package init?(hex: String) {
    guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else {
      return nil
    }
    self.hex = hex
  }

  /// The 32 bytes of the digest, for chains of many digests.
  package static func sha256(of bytes: some Collection<UInt8>) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    if bytes.withContiguousStorageIfAvailable({ SHA256($0.baseAddress, $0.count, &output) }) == nil {
      let input = Array(bytes)
      SHA256(input, input.count, &output)
    }
    return output
  }

  package init(of bytes: some Collection<UInt8>) { self.init(sha256: Digest.sha256(of: bytes)) }

  /// Takes the 32 bytes of a SHA-256.
  package init(sha256 output: [UInt8]) {
    var digits: [UInt8] = []
    digits.reserveCapacity(64)
    for byte in output {
      digits.append(Digest.digit(byte >> 4))
      digits.append(Digest.digit(byte & 15))
    }
    hex = String(decoding: digits, as: UTF8.self)
  }

  package init(of text: String) { self.init(of: text.utf8) }
  package init(of value: Value) { self.init(of: value.jsonBytes()) }

  /// The first 12 digits: enough for people and for container names.
  package var short: String { String(hex.prefix(12)) }
  package var description: String { "sha256:\(hex)" }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }
}
