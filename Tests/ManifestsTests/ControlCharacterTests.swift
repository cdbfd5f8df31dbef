import Manifests
import Testing

/// Control characters in the texts of manifests, which reach files and commands.
@Suite struct ManifestControlCharacterTests {
  @Test(
    "A control character is refused at its field",
    arguments: [
      (#"folder: "backups/a\nrepo1-retention-full=1""#, "a.yaml:5:11: error: ‘folder’ contains", "U+000A"),
      (#"folder: "a\e[2J""#, "a.yaml:5:11: error: ‘folder’ contains", "U+001B"),
      ("folder: |\n  two\n  lines", "a.yaml:5:11: error: ‘folder’ contains", "U+000A"),
      (#"nodes: {"a\nb": x}"#, "a.yaml:5:11: error: ", "U+000A"),
      (#"nodes: {a: "x\u202Ey"}"#, "a.yaml:5:14: error: ‘a’ contains", "U+202E"),
      (#"engine: {external: {file: "/a\nb"}}"#, "a.yaml:5:29: error: ‘file’ contains", "U+000A"),
      (#"timeout: "90s\n""#, "a.yaml:5:12: error: ‘timeout’ contains", "U+000A"),
      (#"command: ["a\0"]"#, "a.yaml:5:13: error: ", "U+0000"),
    ])
  func refused(spec: String, location: String, codePoint: String) {
    let text = complaints(database(spec))
    #expect(text.contains(location), "\(text)")
    #expect(text.contains("contains the control character \(codePoint)"), "\(text)")
  }

  @Test(
    "Text that is passed on as a whole keeps its lines",
    arguments: [#"command: ["echo a\necho b\e[0m"]"#, "command:\n- |\n  a\n  b"])
  func accepted(spec: String) {
    #expect(complaints(database(spec)).isEmpty)
  }

  @Test("Annotations may have lines, labels may not")
  func metadata() {
    func manifest(_ field: String) -> String {
      "apiVersion: rendertrust.com/v1\nkind: Database\n"
        + "metadata: {name: x, \(field): {a: \"b\\nc\"}}\nspec: {}\n"
    }
    #expect(complaints(manifest("annotations")).isEmpty)
    #expect(complaints(manifest("labels")).contains("‘a’ contains the control character U+000A"))
  }
}
