import Glibc
import Model
import RandomSupport
import StripeAPI
import StripeSupport
import Testing

/// Headers that were damaged or composed at random never crash the check and never pass without a genuine
/// signature for the very time that stands in the header. `RENDERTRUST_SEEDS` says how many worlds.
struct SignatureHeaderPropertyTests {
  static let seeds = Array(
    UInt64(1)...(getenv("RENDERTRUST_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 500))

  private static let pieces = [
    "t=", "v1=", "v0=", ",", "=", "1760000000", "1760000001", "-", "+", " ", "\0", "é", "\u{301}", "９", "a",
    "00",
    "t", "v1", StripeSignatureTests.good, String(StripeSignatureTests.good.prefix(63)), "\r\n",
  ]

  @Test("Only a genuine signature is accepted", arguments: seeds)
  func onlyAGenuineSignatureIsAccepted(seed: UInt64) {
    var numbers = SeededRandom(seed: seed)
    for _ in 0..<20 {
      let header = Bool.random(using: &numbers) ? damaged(&numbers) : composed(&numbers)
      let code = StripeSignatureTests.failure(header)
      #expect((code == nil) == isGenuine(header), "seed \(seed), header \(header.debugDescription)")
    }
  }

  /// The genuine header with a few bytes changed, added or taken out; sometimes with none.
  private func damaged(_ numbers: inout SeededRandom) -> String {
    var bytes = Array(StripeSignatureTests.header().utf8)
    for _ in 0..<Int.random(in: 0...2, using: &numbers) {
      let index = bytes.indices.randomElement(using: &numbers) ?? 0
      switch Int.random(in: 0...2, using: &numbers) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &numbers)
      case 1: bytes.insert(UInt8.random(in: 32...126, using: &numbers), at: index)
      default: bytes.remove(at: index)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func composed(_ numbers: inout SeededRandom) -> String {
    (0..<Int.random(in: 0...12, using: &numbers)).compactMap { _ in Self.pieces.randomElement(using: &numbers)
    }
    .joined()
  }

  /// Said another way than the driver does: elements by Swift's own text functions, one time, one good
  /// signature.
  private func isGenuine(_ header: String) -> Bool {
    let elements = header.utf8.split(separator: 44, omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    let times = elements.filter { $0.utf8.starts(with: "t=".utf8) }
    return elements.allSatisfy { $0.utf8.contains(61) } && times == ["t=\(StripeSignatureTests.signedAt)"]
      && elements.contains("v1=\(StripeSignatureTests.good)")
  }
}
