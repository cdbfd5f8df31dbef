import Manifests
import Model
import Testing

/// The annotation that names a resource under its former name.
struct FormerNameTests {
  private func load(annotation text: String) -> LoadResult {
    ManifestsTests.load(
      """
      apiVersion: rendertrust.com/v1
      kind: Environment
      metadata: {name: dev}
      ---
      apiVersion: rendertrust.com/v1
      kind: Database
      metadata: {name: shop, annotations: {rendertrust.com/moved-from: \(text)}}
      """)
  }

  @Test("A former name of the same kind is accepted")
  func accepted() {
    #expect(load(annotation: "Database/store").diagnostics.filter { $0.severity == .error }.isEmpty)
  }

  @Test(
    "Other texts are refused at the annotation", arguments: ["store", "Service/store", "Database/shop", "/"])
  func refused(_ text: String) {
    let found = load(annotation: text).diagnostics.rendered(color: false)
    #expect(found.contains("a.yaml:7:"), "\(found)")
    #expect(found.contains("error: ‘\(text)’ is not a former name of Database/shop"), "\(found)")
    #expect(found.contains("such as Database/old"), "\(found)")
  }
}
