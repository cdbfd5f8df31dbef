internal import Manifests
internal import Model

/// The manifest of an existing object. Never holds the value of a secret.
package struct Imported<Spec: Sendable>: Sendable {
  package let spec: Spec
  package let annotations: [String: String]
  /// By field: settings that the manifest does not declare, and manual actions that are needed.
  package let remarks: [(field: String, note: String)]

  package init(
    _ spec: Spec, annotations: [String: String] = [:], remarks: [(field: String, note: String)] = []
  ) {
    self.spec = spec
    self.annotations = annotations
    self.remarks = remarks
  }
}

extension Imported where Spec: ManifestSpec {
  var anySpec: Imported<any ResourceSpec> {
    Imported<any ResourceSpec>(spec, annotations: annotations, remarks: remarks)
  }
}
