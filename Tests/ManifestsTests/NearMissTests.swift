import Manifests
import Model
import Testing

/// Files that probably hold manifests, and files that hold none.
@Suite struct NearMissTests {
  private static let manifest = database("{}", name: "platform")

  @Test(
    "A manifest whose name is almost right is an error that names the right name",
    arguments: [
      ("db.YAML", "db.yaml"), ("db.Yml", "db.yml"), ("db.json", "db.yaml"), ("db.yaml~", "db.yaml"),
      ("db.yaml.bak", "db.yaml"), ("db.yml.txt", "db.yml"),
    ])
  func misnamed(name: String, intended: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("m/\(name)", Self.manifest)
    try folder.write("m/other.yaml", database("{}", name: "other"))
    let text = folder.complaints("m")
    #expect(text.hasPrefix("m/\(name): error: ‘\(name)’ holds a manifest and is not read"), "\(text)")
    #expect(text.contains("hint: rename it to `\(intended)`, or move it to another folder"), "\(text)")
  }

  @Test(
    "Other files are left alone",
    arguments: [
      ("db.yaml~", manifest, true), ("db.yaml.bak", manifest, true), ("db.json", manifest, true),
      ("notes.txt", manifest, false), ("plan.json", #"{"format":"rendertrust.com/plan/v2"}"#, false),
      (".db.YAML", manifest, false), ("values.YAML", "a: b\n", false),
    ])
  func other(name: String, text: String, besideOriginal: Bool) throws {
    let folder = try TemporaryFolder()
    try folder.write("m/\(name)", text)
    try folder.write(besideOriginal ? "m/db.yaml" : "m/a.yaml", Self.manifest)
    #expect(folder.complaints("m").isEmpty)
    #expect(folder.load("m").desired?.resources.count == 1)
  }

  @Test("A file of white space is an error, and its resources are unknown rather than missing")
  func emptyFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("m/a.yaml", database("after: [Database/platform]"))
    for text in ["", "\n", " \t\r\n"] {
      try folder.write("m/db.yaml", text)
      let complaints = folder.complaints("m")
      #expect(complaints.hasPrefix("m/db.yaml:1:1: error: the file is empty\n"), "\(complaints)")
      #expect(complaints.hasSuffix("  hint: remove the file, or write a manifest\n"), "\(complaints)")
      #expect(folder.load("m").diagnostics.count == 1)
    }
    try folder.write("m/db.yaml", Self.manifest)
    #expect(folder.complaints("m").isEmpty)
    try folder.write("m/c.yaml", "# nothing yet\n")
    #expect(folder.complaints("m").isEmpty)
  }

  @Test("The folders that have the manifests are named")
  func folders() throws {
    let folder = try TemporaryFolder()
    #expect(NearMisses.hint(below: folder.path) == nil)
    try folder.write("m/dev/a.yaml", Self.manifest)
    try folder.write("m/dev/b.yml", Self.manifest)
    try folder.write("m/prod/a.yaml", Self.manifest)
    try folder.write("m/other/values.yaml", "a: b\n")
    let hint = NearMisses.hint(below: "\(folder.path)/m")?.replacing(folder.path + "/", with: "")
    #expect(hint == "m/dev has 2 manifests, m/prod has 1 manifest: did you mean `m/dev`?")
  }
}
