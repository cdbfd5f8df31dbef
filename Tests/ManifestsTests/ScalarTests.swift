import Manifests
import Model
import Testing

struct ScalarTests {
  private func canonical<Scalar: ManifestValue>(_ type: Scalar.Type, _ value: Value) -> String? {
    var decoder = ManifestDecoder()
    return Scalar.decode(Node(value), &decoder)?.manifestValue?.json
  }

  @Test("Quantities have one canonical form") func quantitiesHaveOneCanonicalForm() {
    #expect(canonical(ByteCount.self, .string("1024Mi")) == "\"1Gi\"")
    #expect(canonical(TimeSpan.self, .string("5400s")) == "\"90m\"")
    #expect(canonical(CoreCount.self, .string("500m")) == "0.5")
    #expect(canonical(CoreCount.self, .decimal("2.0")) == "2")
    #expect(canonical(Credits.self, .decimal("0.40")) == "0.4")
    #expect(canonical(Amount.self, .decimal("10.00")) == "10")
    #expect(canonical(Percentage.self, .string("12.50%")) == "\"12.5%\"")
    #expect(
      canonical(Timestamp.self, .string("2026-12-01T01:00:00.250+01:00")) == "\"2026-12-01T00:00:00.25Z\"")
  }

  @Test("Invalid quantities are rejected") func invalidQuantitiesAreRejected() {
    for text in ["1e3", ".5", "5.", "--1", "1.00001", "", "99999999999999999999", "0x10"] {
      #expect(canonical(Amount.self, .string(text)) == nil, "\(text)")
    }
    for text in ["90", "1w", "-1s", "9999999999999999d", "1 s"] {
      #expect(canonical(TimeSpan.self, .string(text)) == nil, "\(text)")
    }
    for text in ["101%", "-1%", "1.001%", "10"] {
      #expect(canonical(Percentage.self, .string(text)) == nil, "\(text)")
    }
    #expect(canonical(Int.self, .string("3")) == nil, "a quoted number is text")
  }

  @Test("Image references are split into their parts")
  func imageReferencesAreSplitIntoTheirParts() throws {
    let digest = "sha256:" + String(repeating: "a", count: 64)
    let image = try #require(ImageReference(manifestText: "127.0.0.1:5055/team/echo:v1@\(digest)"))
    #expect(image.name == "127.0.0.1:5055/team/echo")
    #expect(image.tag == "v1")
    #expect(image.digest?.description == digest)
    #expect(image.registry == "127.0.0.1:5055" && image.repository == "team/echo")
    #expect(image.description == "127.0.0.1:5055/team/echo:v1@\(digest)")
    #expect(ImageReference(manifestText: "127.0.0.1:5055/echo")?.tag == nil)
    for text in ["", ":v1", "a//b", "A/b:", "a@sha256:12", "a b", "Upper", "a:v 1"] {
      #expect(ImageReference(manifestText: text) == nil, "\(text)")
    }
  }
}
