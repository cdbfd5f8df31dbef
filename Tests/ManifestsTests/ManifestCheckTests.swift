import Manifests
import Model
import Testing

/// Rules between the resources of a load.
@Suite struct ManifestCheckTests {
  /// No two databases have one port.
  private static let check = ManifestCheck { resources, environment in
    var first: [Port: ResourceID] = [:]
    return resources.compactMap { resource in
      guard let spec = resource.spec as? DatabaseSpec else { return nil }
      guard let other = first[spec.port] else {
        first[spec.port] = resource.id
        return nil
      }
      return ManifestCheck.Finding(
        at: .init(resource.id, field: "spec.port"),
        "port \(spec.port) of \(environment) is that of \(other) too",
        with: .init(other, field: "spec.port"), hint: "choose another port")
    }
  }

  private func load(_ texts: [String]) -> LoadResult {
    ManifestLoader(kinds: sampleKinds, checks: [Self.check]).load(
      text: texts.joined(separator: "---\n"), name: "a.yaml")
  }

  @Test("A finding has the location of its field, and of the other field")
  func locations() {
    let result = load([
      database("port: 1", name: "a"), database("port: 2", name: "b"), database("port: 1", name: "c"),
    ])
    #expect(result.desired == nil)
    #expect(
      result.diagnostics.rendered(color: false) == """
        a.yaml:17:9: error: port 1 of default is that of Database/a too (a.yaml:5:9)
            port: 1
                  ^
          hint: choose another port

        """)
  }

  @Test("A field that is not written has the location of the value around it")
  func defaults() {
    let result = load([database("{}", name: "a"), database("port: 5432", name: "b")])
    #expect(
      result.diagnostics.map { "\($0.location.map { "\($0)" } ?? "") \($0.message)" } == [
        "a.yaml:11:9 port 5432 of default is that of Database/a too (a.yaml:5:3)"
      ])
  }

  @Test("Resources without a problem are loaded")
  func accepted() {
    let result = load([database("port: 1", name: "a"), database("port: 2", name: "b")])
    #expect(result.desired?.resources.count == 2 && result.diagnostics.isEmpty)
  }
}
