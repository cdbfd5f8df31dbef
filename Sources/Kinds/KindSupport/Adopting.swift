internal import Manifests
package import Model

/// What somebody wants to take under management, as it is.
package struct ImportRequest: Sendable {
  /// What it is to be called.
  package let id: ResourceID
  package let container: String?
  package let engine: EngineAddress?
  package let database: ResourceID?
  package let currency: String?
  /// Resources that are declared or were applied: what they own is taken.
  package let known: Set<ResourceID>

  package init(
    id: ResourceID, container: String?, engine: EngineAddress?, database: ResourceID?, currency: String?,
    known: Set<ResourceID>
  ) {
    self.id = id
    self.container = container
    self.engine = engine
    self.database = database
    self.currency = currency
    self.known = known
  }
}

/// What was found, as a manifest says it. Never holds a secret's value.
package struct Imported<Spec: Sendable>: Sendable {
  package let spec: Spec
  package let annotations: [String: String]
  /// By field: what the manifest does not say, or what a person has to do about it.
  package let remarks: [(field: String, note: String)]

  package init(
    _ spec: Spec, annotations: [String: String] = [:], remarks: [(field: String, note: String)] = []
  ) {
    self.spec = spec
    self.annotations = annotations
    self.remarks = remarks
  }
}

/// What a resource is written as so that what is seen of it is as declared.
package struct Exported<Spec: Sendable>: Sendable {
  package let spec: Spec
  /// Differences that no manifest can say, so that a plan would still put them right.
  package let remarks: [String]

  package init(_ spec: Spec, remarks: [String] = []) {
    self.spec = spec
    self.remarks = remarks
  }
}

extension Imported where Spec: ManifestSpec {
  var anySpec: Imported<any ResourceSpec> {
    Imported<any ResourceSpec>(spec, annotations: annotations, remarks: remarks)
  }
}
