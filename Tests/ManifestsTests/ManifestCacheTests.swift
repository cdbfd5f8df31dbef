import FoundationEssentials
import Manifests
import Model
import RandomSupport
import Testing

/// Loading with a cache gives the same result as loading without one.
struct ManifestCacheTests {
  private func expectSame(_ a: LoadResult, _ b: LoadResult, _ what: String) {
    #expect(a.desired?.digest == b.desired?.digest, "\(what)")
    #expect(
      a.diagnostics.rendered(color: false) == b.diagnostics.rendered(color: false), "\(what)")
    let (left, right) = (a.desired?.resources ?? [], b.desired?.resources ?? [])
    #expect(left.map(\.id) == right.map(\.id), "\(what)")
    #expect(left.map(\.location) == right.map(\.location), "\(what)")
    #expect(left.map(\.references) == right.map(\.references), "\(what)")
    #expect(left.map(\.metadata) == right.map(\.metadata), "\(what)")
  }

  /// Files are made, changed, moved and removed in a folder and its base; documents get problems and lose
  /// them.
  @Test("A cached load agrees with a fresh one") func aCachedLoadAgreesWithAFreshOne() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    let folder = try TemporaryFolder()
    try folder.write("dev/environment.yaml", environment(1))
    let loader = ManifestLoader(kinds: sampleKinds)
    var cache = ManifestCache(settling: 0)
    for round in 0..<150 {
      for _ in 0..<Int.random(in: 0...2, using: &random) { try change(folder, &random) }
      let paths = [folder.path + "/dev"]
      expectSame(
        loader.load(paths: paths, reusing: &cache), loader.load(paths: paths), "seed \(seed), round \(round)")
    }
  }

  private func environment(_ number: Int) -> String {
    "apiVersion: rendertrust.com/v1\nkind: Environment\nmetadata: {name: dev}\n"
      + "spec: {variables: {path: /v\(number)}}\n"
  }

  /// Renamed into place, so that each version is another file.
  private func change(_ folder: borrowing TemporaryFolder, _ random: inout SeededRandom) throws {
    let number = Int.random(in: 0..<4, using: &random)
    let name = "\(["dev", "base"].randomElement(using: &random)!)/\(number).yaml"
    let manager = FileManager.default
    switch Int.random(in: 0..<6, using: &random) {
    case 0: try? manager.removeItem(atPath: "\(folder.path)/\(name)")
    case 1:
      try folder.write("new", environment(Int.random(in: 0..<3, using: &random)))
      try? manager.removeItem(atPath: "\(folder.path)/dev/environment.yaml")
      try manager.moveItem(atPath: "\(folder.path)/new", toPath: "\(folder.path)/dev/environment.yaml")
    default:
      var text = ""
      for index in 0..<Int.random(in: 0..<4, using: &random) {
        let spec = [
          "health: \"${path}\"", "after: [Database/d0x0]", "replicas: 3", "replicas: x", "names: [a]",
        ]
        text += "---\n" + database(spec.randomElement(using: &random)!, name: "d\(number)x\(index)")
      }
      try folder.write("new", text)
      try? manager.removeItem(atPath: "\(folder.path)/\(name)")
      try manager.createDirectory(
        atPath: "\(folder.path)/\(name.split(separator: "/")[0])", withIntermediateDirectories: true)
      try manager.moveItem(atPath: "\(folder.path)/new", toPath: "\(folder.path)/\(name)")
    }
  }

  /// A file that was written just before it was read is read again: its next change may not show.
  @Test("Recently changed files are read again") func recentlyChangedFilesAreReadAgain() throws {
    let folder = try TemporaryFolder()
    let loader = ManifestLoader(kinds: sampleKinds)
    var cache = ManifestCache(settling: 3_600_000_000_000)
    try folder.write("a.yaml", database("replicas: 1"))
    let first = loader.load(paths: [folder.path], reusing: &cache).desired?.digest
    try folder.write("a.yaml", database("replicas: 2"))
    #expect(loader.load(paths: [folder.path], reusing: &cache).desired?.digest != first)
  }
}
