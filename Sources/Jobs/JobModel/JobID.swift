package import Model

/// Identifies a job: sixteen characters of 0–9 and a–z without i, l, o and u. The first seven encode the
/// second in which it was created, so that jobs sort by time. The id of a job with a key follows from the
/// account and the key alone.
package struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String
  package var description: String { text }

  /// Nil where the text is not an id.
  package init?(_ text: String) {
    guard text.utf8.count == JobID.length, text.utf8.allSatisfy({ JobID.digits.contains($0) }) else {
      return nil
    }
    self.text = text
  }

  /// - Parameter random: determines the last nine characters.
  package init(at time: Timestamp, random: UInt64) {
    let seconds = UInt64(bitPattern: time.microseconds / 1_000_000)
    text = JobID.encode(seconds, 7) + JobID.encode(random, 9)
  }

  /// The same for each repetition of a key by its account.
  package init(account: String, key: String) {
    let bytes = Digest.sha256(of: Array("\(account)\n\(key)".utf8))
    let number = { (range: Range<Int>) in bytes[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    text = JobID.encode(number(0..<8), 8) + JobID.encode(number(8..<16), 8)
  }

  package static func < (a: JobID, b: JobID) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }

  package static let length = 16
  private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  private static func encode(_ number: UInt64, _ count: Int) -> String {
    var rest = number
    var characters = [UInt8](repeating: digits[0], count: count)
    for index in stride(from: count - 1, through: 0, by: -1) {
      characters[index] = digits[Int(rest & 31)]
      rest >>= 5
    }
    return String(decoding: characters, as: UTF8.self)
  }
}
