import FoundationEssentials
import Manifests
import Model
import Testing

/// The kinds that tests load.
let sampleKinds = [
  KindSchema(PriceMapSpec.self), KindSchema(DatabaseSpec.self), KindSchema(EnvironmentSpec.self),
]

func load(_ text: String) -> LoadResult {
  ManifestLoader(kinds: sampleKinds).load(text: text, name: "a.yaml")
}

/// What a person reads about a text, without colours.
func complaints(_ text: String) -> String { load(text).diagnostics.rendered(color: false) }

/// A `Database` document with these lines below `spec:`.
func database(_ spec: String, name: String = "x") -> String {
  let lines = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
  return "apiVersion: rendertrust.com/v1\nkind: Database\nmetadata: {name: \(name)}\nspec:\n\(lines)"
}

/// A folder that is gone after the test.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "manifests-\(UInt64.random(in: 0 ... .max))"
      ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    let file = path + "/" + name
    let folder = String(file[..<file.lastIndex(of: "/")!])
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: file))
  }

  func load(_ folder: String...) -> LoadResult {
    ManifestLoader(kinds: sampleKinds).load(paths: folder.map { $0.isEmpty ? path : path + "/" + $0 })
  }

  /// What a person reads, with the folder's own path left out.
  func complaints(_ folder: String...) -> String {
    ManifestLoader(kinds: sampleKinds).load(paths: folder.map { path + "/" + $0 }).diagnostics
      .rendered(color: false).replacing(path + "/", with: "")
  }
}
