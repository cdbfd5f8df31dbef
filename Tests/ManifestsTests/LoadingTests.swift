import Manifests
import Model
import Testing

struct LoadingTests {
  private func environment(_ name: String, _ spec: String) -> String {
    "apiVersion: rendertrust.com/v1\nkind: Environment\nmetadata: {name: \(name)}\nspec: \(spec)\n"
  }

  private func spec(_ result: LoadResult, _ name: String = "x") -> DatabaseSpec? {
    result.desired?.resources.first { $0.id == ResourceID(kind: "Database", name: name) }?.spec
      as? DatabaseSpec
  }

  @Test("Defaults are filled in") func defaultsAreFilledIn() {
    let result = load(database("{}"))
    #expect(spec(result) == DatabaseSpec())
    #expect(result.desired?.environment == "default")
    #expect(result.desired?.resources[0].location == SourceLocation(file: "a.yaml", line: 1, column: 1))
  }

  @Test("A bare word means a case without payload")
  func aBareWordMeansACaseWithoutPayload() {
    #expect(spec(load(database("engine: embedded")))?.engine == .embedded(.init()))
    #expect(spec(load(database("engine: {relay: {}}")))?.engine == .relay)
  }

  @Test("Anchors and aliases mean values") func anchorsAndAliasesMeanValues() {
    let result = load(database("names: &n [a, b]\nnodes: {a: &t v, b: *t}"))
    #expect(spec(result)?.nodes == ["a": "v", "b": "v"])
  }

  @Test("Spelling does not change the digest") func spellingDoesNotChangeTheDigest() {
    let a = load(database("replicas: 3\nmemory: 1Gi\nnames: [a]")).desired
    let b = load(database("# x\nnames:\n- a\nmemory: 1024Mi\nreplicas: 0x3\ntimeout: 30s")).desired
    #expect(a != nil)
    #expect(a?.digest == b?.digest)
    #expect(a?.resources[0].digest == b?.resources[0].digest)
    #expect(load(database("replicas: 4")).desired?.digest != a?.digest)
  }

  @Test("The canonical form is stable") func theCanonicalFormIsStable() {
    let resource = load(database("engine: relay")).desired?.resources[0]
    let json = resource.map { #"{"labels":{},"spec":\#($0.spec.value.json)}"# } ?? ""
    #expect(
      json
        == #"{"labels":{},"spec":{"after":[],"cores":1,"engine":"relay","health":"/health","logged":true,"#
        + #""memory":"256Mi","names":[],"nodes":{},"port":5432,"replicas":1,"timeout":"30s"}}"#)
    #expect(resource?.digest == Digest(of: json))
  }

  @Test("Overlays merge by kind and name") func overlaysMergeByKindAndName() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "base/a.yaml",
      database("memory: 1Gi\nreplicas: 2\nnodes: {a: b, c: d}\nnames: [a, b]\nengine: {embedded: {}}")
        + "---\n"
        + database("{}", name: "gone") + "---\n" + database("replicas: 5", name: "kept"))
    try folder.write(
      "dev/a.yaml",
      """
      kind: Database
      metadata: {name: x}
      spec: {replicas: 3, memory: null, nodes: {c: null, e: f}, names: [z], engine: {external: {env: URL}}}
      ---
      kind: Database
      metadata: {name: gone}
      $patch: delete
      """)
    let result = folder.load("dev/")
    #expect(result.diagnostics.isEmpty)
    #expect(result.desired?.resources.map(\.id.name) == ["kept", "x"])
    var expected = DatabaseSpec()
    expected.replicas = 3
    expected.nodes = ["a": "b", "e": "f"]
    expected.names = ["z"]
    expected.engine = .external(.environment("URL"))
    #expect(spec(result) == expected)
    #expect(spec(folder.load("base"))?.replicas == 2)
  }

  @Test("Merged values keep their own locations")
  func mergedValuesKeepTheirOwnLocations() throws {
    let folder = try TemporaryFolder()
    try folder.write("base/a.yaml", database("memory: 1Gib\nreplicas: 2"))
    try folder.write("prod/b.yaml", "kind: Database\nmetadata: {name: x}\nspec:\n  replicas: x\n")
    #expect(
      folder.complaints("prod") == """
        base/a.yaml:5:11: error: ‘memory’ must be an amount of bytes such as `512Mi` or `12Gi`, found \
        the text ‘1Gib’
            memory: 1Gib
                    ^
          hint: did you mean `1Gi`?
        prod/b.yaml:4:13: error: ‘replicas’ must be a whole number, found the text ‘x’
            replicas: x
                      ^

        """)
  }

  @Test("Variables come from the environment") func variablesComeFromTheEnvironment() throws {
    let folder = try TemporaryFolder()
    try folder.write("vars.yml.txt", "digest: abc\nlevel: file\n")
    try folder.write(
      "env.yaml",
      environment("dev", "{variables: {level: debug, n: 3}, variableFiles: [vars.yml.txt], mockGPUs: true}"))
    try folder.write(
      "x.yaml", database("health: /${level}/${digest}\nreplicas: ${n}\nnodes: {a: \"$${n} $5 ${n}${n}\"}"))
    let result = folder.load("")
    #expect(result.diagnostics.isEmpty)
    #expect(result.desired?.environment == "dev")
    #expect(result.desired?.allowsMockGPUs == true)
    #expect(spec(result)?.health == "/debug/abc")
    #expect(spec(result)?.replicas == 3)
    #expect(spec(result)?.nodes == ["a": "${n} $5 33"])
  }

  @Test("Problems of variables are located") func problemsOfVariablesAreLocated() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "env.yaml", environment("dev", "{variables: {level: debug}, variableFiles: [images.yaml]}"))
    try folder.write("x.yaml", database("health: /${levle}"))
    let text = folder.complaints("")
    #expect(text.contains("env.yaml:4:51: error: there is no file or folder ‘images.yaml’\n"))
    #expect(text.contains("hint: run `make images`"))
    #expect(text.contains("x.yaml:5:11: error: ‘health’ mentions the unknown variable ‘levle’\n"))
    #expect(text.contains("hint: did you mean `${level}`?"))
  }

  @Test("A folder has one environment") func aFolderHasOneEnvironment() {
    let text = environment("dev", "{}") + "---\n" + environment("prod", "{}")
    #expect(complaints(text).hasPrefix("a.yaml:6:1: error: a folder belongs to one environment"))
  }

  @Test("Selectors become references") func selectorsBecomeReferences() {
    let labelled =
      "apiVersion: rendertrust.com/v1\nkind: Database\nmetadata: {name: y, labels: {tier: a}}\n---\n"
    let result = load(labelled + database("nodes: {tier: a}"))
    let references = result.desired?.resources.first { $0.id.name == "x" }?.references ?? []
    #expect(references.map(\.target.name) == ["y"])
    #expect(references.map(\.path) == ["spec (selector)"])
  }

  @Test("References have their locations") func referencesHaveTheirLocations() {
    let result = load(database("after: [Database/y]") + "---\n" + database("{}", name: "y"))
    let reference = result.desired?.resources[0].references.first
    #expect(reference?.path == "spec.after[0]")
    #expect(reference?.location == SourceLocation(file: "a.yaml", line: 5, column: 11))
  }

  @Test("Large files keep their lines across cores")
  func largeFilesKeepTheirLinesAcrossCores() {
    var text = ""
    var bad: [Int] = []
    for index in 0..<8_000 {
      if index % 1_000 == 999 { bad.append(text.utf8.reduce(5) { $0 + ($1 == 10 ? 1 : 0) } + 1) }
      text += "---\n" + database(index % 1_000 == 999 ? "replicas: x" : "replicas: 1", name: "d\(index)")
    }
    let result = load(text)
    #expect(result.diagnostics.compactMap(\.location?.line) == bad)
  }

  @Test("Stored manifests round trip") func storedManifestsRoundTrip() throws {
    let resource = try #require(
      load(database("engine: {external: {secret: Secret/a}}\ncores: 0.5")).diagnostics.isEmpty
        ? nil : load(database("engine: {external: {env: A}}\ncores: 0.5")).desired?.resources[0])
    let schema = KindSchema(DatabaseSpec.self)
    let again = try schema.decode(resource.document)
    #expect(again.digest == resource.digest)
    #expect(again.location == nil)
    #expect(throws: InvalidManifest.self) { try schema.decode(.members(["kind": .string("Database")])) }
  }
}
