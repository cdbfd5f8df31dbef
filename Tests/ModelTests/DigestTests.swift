import Model
import Testing

@Suite struct DigestTests {
  private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test("Digests are those of FIPS 180-4") func digestsAreThoseOfTheStandard() {
    #expect(Digest(of: "").hex == Self.empty && Digest(of: "abc").hex == Self.abc)
    #expect(Digest(of: "abc").description == "sha256:\(Self.abc)")
    #expect(Digest(of: "abc").short == "ba7816bf8f01")
  }

  @Test("A value is digested in canonical form") func valueIsDigestedInCanonicalForm() {
    #expect(Digest(of: Value.object(["b": .null, "a": .integer(1)])) == Digest(of: #"{"a":1,"b":null}"#))
  }

  @Test("Only 64 lower-case hexadecimal digits are a digest") func digitsAreChecked() {
    #expect(Digest(hex: Self.abc) == Digest(of: "abc"))
    for text in ["", "ba78", Self.abc.uppercased(), Self.abc + "0", "g" + Self.abc.dropFirst()] {
      #expect(Digest(hex: String(text)) == nil, "\(text)")
    }
  }

  @Test("Bytes that arrive in parts have the same digest") func partsHaveTheSameDigest() {
    let digest = RunningDigest()
    for part in ["a", "", "bc"] { Array(part.utf8).withUnsafeBytes { digest.update($0) } }
    #expect(digest.finish() == Digest(of: "abc"))
    #expect(digest.finish() == Digest(of: ""), "finishing starts a new digest")
  }
}
