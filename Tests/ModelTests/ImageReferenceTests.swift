import Model
import Testing

@Suite struct ImageReferenceTests {
  private static let digest = "sha256:" + String(repeating: "a", count: 64)

  struct ParsingCase: Sendable, CustomTestStringConvertible {
    let text: String
    /// Name, tag and digest; nil when the text is rejected.
    let parts: [String?]?
    let reason: String
    var testDescription: String { reason }
  }

  @Test(
    "References are split into their parts",
    arguments: [
      ParsingCase(text: "a/b", parts: ["a/b", nil, nil], reason: "a repository alone"),
      ParsingCase(
        text: "h:5055/a:1.0", parts: ["h:5055/a", "1.0", nil], reason: "the first colon belongs to the port"),
      ParsingCase(text: "h:5055/a", parts: ["h:5055/a", nil, nil], reason: "a port is not a tag"),
      ParsingCase(text: "a:1@\(digest)", parts: ["a", "1", digest], reason: "a tag and a digest"),
      ParsingCase(text: "a@\(digest)", parts: ["a", nil, digest], reason: "a digest alone"),
      ParsingCase(text: "Upper/a", parts: ["Upper/a", nil, nil], reason: "upper case is left to the engine"),
      ParsingCase(text: "a@" + digest.uppercased(), parts: nil, reason: "a digest is lower case"),
      ParsingCase(text: "a@md5:00", parts: nil, reason: "only SHA-256 pins an image"),
      ParsingCase(text: "a@sha256:12", parts: nil, reason: "a digest has 64 digits"),
      ParsingCase(text: "", parts: nil, reason: "a reference is not empty"),
      ParsingCase(text: "a:", parts: nil, reason: "a tag is not empty"),
      ParsingCase(text: "a:" + String(repeating: "t", count: 129), parts: nil, reason: "a tag is short"),
      ParsingCase(text: "a b", parts: nil, reason: "a name has no spaces"),
      ParsingCase(text: "a/", parts: nil, reason: "a name does not end in a slash"),
      ParsingCase(text: "/a", parts: nil, reason: "a name does not begin with a slash"),
    ])
  func referencesAreSplit(_ example: ParsingCase) {
    let reference = ImageReference(example.text)
    #expect(reference.map { [$0.name, $0.tag, $0.digest?.description] } == example.parts)
    if let reference { #expect(reference.description == example.text) }
  }

  @Test(
    "The first problem is reported with its position",
    arguments: [
      ("a b", .name, 0), ("h:5055/a:v 1", .tag, 9), ("a:1@md5:0", .digest, 4), ("a@sha256:12", .digest, 9),
      ("ä:1", .name, 0),
    ] as [(String, ImageReferenceProblem.Part, Int)])
  func problemHasAPosition(_ text: String, _ part: ImageReferenceProblem.Part, _ offset: Int) {
    let problem = #expect(throws: ImageReferenceProblem.self) { try ImageReference(parsing: text) }
    #expect(problem?.part == part && problem?.offset == offset, "\(problem?.message ?? "")")
  }

  @Test("The registry is the first component with a dot or port, or localhost")
  func registryIsTheFirstComponent() throws {
    func parts(_ text: String) throws -> [String?] {
      let reference = try #require(ImageReference(text))
      return [reference.registry, reference.repository]
    }
    #expect(try parts("127.0.0.1:5055/team/echo:v1") == ["127.0.0.1:5055", "team/echo"])
    #expect(try parts("localhost/echo") == ["localhost", "echo"])
    #expect(try parts("ghcr.io/a/b") == ["ghcr.io", "a/b"])
    #expect(try parts("grafana/grafana") == [nil, "grafana/grafana"] && parts("echo") == [nil, "echo"])
  }

  @Test("Only a digest pins an image") func onlyADigestPins() throws {
    let pinned = try #require(ImageReference("a/b:2@\(Self.digest)"))
    #expect(pinned.isPinned && pinned.pinned == "a/b@\(Self.digest)")
    let tagged = try #require(ImageReference("a/b:2"))
    #expect(!tagged.isPinned && tagged.pinned == nil)
    #expect(PinnedImage("a/b:2") == nil)
    let image = try #require(PinnedImage("h:1/a/b:2@\(Self.digest)"))
    #expect(image.reference.description == image.description && image.displayName == "b:2")
    #expect(image.pullReference == "h:1/a/b@\(Self.digest)")
    #expect(PinnedImage(name: "a/b", tag: nil, digest: image.digest).displayName == "b@aaaaaaaaaaaa")
  }

  @Test("Names that no registry accepts are reported")
  func namesThatNoRegistryAcceptsAreReported() throws {
    func problem(_ text: String) throws -> ImageReferenceProblem? {
      try #require(ImageReference(text)).distributionProblem
    }
    #expect(try problem("H:5055/team/echo:V1") == nil)
    #expect(try problem("team/Echo")?.offset == 5)
    #expect(try problem("a//b")?.part == .name)
    for name in ["a..b", "a/../b", "a___b", "a._b", "h:0/a", "h:99999/a", "h..x/a", "h-.x/a", "a/b-"] {
      #expect(try problem(name)?.part == .name, "\(name)")
    }
    for name in ["a__b", "a-----b", "a.b_c", "localhost/a", "H/a", "a-b.example:5000/c", "my_team/a"] {
      #expect(try problem(name) == nil, "\(name)")
    }
    #expect(try problem(String(repeating: "a", count: 256))?.part == .name)
    #expect(try problem("a:.1")?.part == .tag && problem("a:-1")?.part == .tag)
  }
}
