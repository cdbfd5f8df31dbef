import Manifests
import Model
import Testing

/// A reference that stands in a default counts like one that is written: found by fuzzing, where what was
/// written of an accepted manifest was refused.
struct DefaultMentionTests {
  private struct GuestSpec: ManifestSpec {
    static let kind = "Guest"
    var host: KindReference = "Host/main"
    static let fields = Fields<Self>("A guest of the hotel") {
      Field("host", \.host, "Where", .refersTo("Host"))
    }
  }

  private struct HostSpec: ManifestSpec {
    static let kind = "Host"
    static let fields = Fields<Self>("Where guests stay") {}
  }

  private static let loader = ManifestLoader(kinds: [KindSchema(GuestSpec.self), KindSchema(HostSpec.self)])

  private func load(_ documents: String...) -> LoadResult {
    let text = documents.map { "---\napiVersion: rendertrust.com/v1\n\($0)\n" }.joined()
    return Self.loader.load(text: text, name: "a.yaml")
  }

  @Test("A reference in a default is a reference of the resource")
  func aReferenceInADefaultIsAReference() {
    let guest = load("kind: Guest\nmetadata: {name: g}", "kind: Host\nmetadata: {name: main}")
      .desired?.resources.first
    #expect(guest?.references.map(\.target.description) == ["Host/main"])
    #expect(guest?.references.map(\.path) == ["spec.host"])
  }

  @Test("The resource of a reference in a default must exist")
  func theResourceOfAReferenceInADefaultMustExist() {
    let problem = load("kind: Guest\nmetadata: {name: g}\nspec: {}").diagnostics.first
    #expect(problem?.message == "‘host’ refers to ‘Host/main’, which does not exist")
    #expect(problem?.location?.line == 5)
  }

  @Test("A default is not added to the written manifest")
  func aDefaultIsNotAddedToTheWrittenManifest() {
    let text = "kind: Guest\nmetadata: {name: g}\nspec: {host: Host/other}"
    let guest = load(text, "kind: Host\nmetadata: {name: other}").desired?.resources.first
    #expect(guest?.references.map(\.target.description) == ["Host/other"])
  }
}
