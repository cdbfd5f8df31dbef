package import Model

/// A bearer token: `rt_` and forty characters of base32 (a–z, 2–7), 200 random bits. Only its hash is stored.
package struct APIToken: Sendable {
  package let secret: Secret
  package let hash: TokenHash

  /// Nil for text that does not have the format of a token.
  package init?(_ text: some StringProtocol) {
    let bytes = text.utf8
    guard bytes.count == APIToken.length, text.hasPrefix(APIToken.prefix),
      bytes.dropFirst(3).allSatisfy({ (97...122).contains($0) || (50...55).contains($0) })
    else { return nil }
    secret = Secret(String(text))
    hash = TokenHash(of: bytes)
  }

  /// - Parameter generator: Must be cryptographically secure.
  package init(random generator: inout some RandomNumberGenerator) {
    var text = APIToken.prefix
    for _ in 0..<(APIToken.length - 3) {
      text.unicodeScalars.append(Unicode.Scalar(APIToken.alphabet[Int(generator.next() >> 59)]))
    }
    secret = Secret(text)
    hash = TokenHash(of: text.utf8)
  }

  private static let prefix = "rt_"
  private static let length = 43
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
}

/// SHA-256 of a token's text. Comparisons take constant time.
package struct TokenHash: Hashable, Sendable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  init(of text: some Collection<UInt8>) { self.init(bytes: Digest.sha256(of: text)) }

  /// - Parameter hex: 64 hexadecimal digits; nil for any other text.
  package init?(hex: String) {
    guard hex.utf8.count == 64 else { return nil }
    var words: [UInt64] = []
    var rest = hex[...]
    while !rest.isEmpty {
      guard let word = UInt64(rest.prefix(16), radix: 16) else { return nil }
      words.append(word)
      rest = rest.dropFirst(16)
    }
    self.words = (words[0], words[1], words[2], words[3])
  }

  private init(bytes: [UInt8]) {
    let word = { (start: Int) in bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    words = (word(0), word(8), word(16), word(24))
  }

  package var hex: String {
    [words.0, words.1, words.2, words.3].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  package static func == (a: TokenHash, b: TokenHash) -> Bool {
    (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2) | (a.words.3 ^ b.words.3) == 0
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
