/// One desired object. `Spec` is the kind's own type, or `any ResourceSpec` where kinds are mixed.
///
/// Cheap to copy: everything but the spec is shared.
package struct Resource<Spec: Sendable>: Sendable {
  package let spec: Spec
  private let head: ResourceHead

  package var id: ResourceID { head.id }
  package var metadata: Metadata { head.metadata }
  /// Every `Kind/name` in the spec, with its path.
  package var references: [Reference] { head.references }
  /// The start of the document; nil for resources that were read from a stored revision.
  package var location: SourceLocation? { head.location }
  /// Digest of spec and labels in canonical form and of what the selectors match. Resources with equal
  /// digests have equal fields and references.
  package var digest: Digest { head.digest }

  package init(
    id: ResourceID, metadata: Metadata, spec: Spec, references: [Reference], location: SourceLocation?,
    digest: Digest
  ) {
    self.spec = spec
    head = ResourceHead(
      id: id, metadata: metadata, references: references, location: location, digest: digest)
  }

  private init(_ spec: Spec, _ head: ResourceHead) {
    self.spec = spec
    self.head = head
  }

  /// The same resource with a converted spec.
  package func map<Other>(_ transform: (Spec) -> Other) -> Resource<Other> {
    Resource<Other>(transform(spec), head)
  }
}

/// The part that resources of all kinds share.
private final class ResourceHead: Sendable {
  let id: ResourceID
  let metadata: Metadata
  let references: [Reference]
  let location: SourceLocation?
  let digest: Digest

  init(
    id: ResourceID, metadata: Metadata, references: [Reference], location: SourceLocation?, digest: Digest
  ) {
    self.id = id
    self.metadata = metadata
    self.references = references
    self.location = location
    self.digest = digest
  }
}

/// A resource of any kind.
package typealias AnyResource = Resource<any ResourceSpec>

/// What a spec provides to modules that do not know its kind.
package protocol ResourceSpec: Sendable, Equatable {
  /// The spec in canonical form: with defaults, and with references in place of secrets.
  var value: Value { get }
}

extension Resource where Spec == any ResourceSpec {
  /// The resource with its kind's spec type; nil when it is of another kind.
  package func typed<Typed: ResourceSpec>(as type: Typed.Type) -> Resource<Typed>? {
    (spec as? Typed).map { typed in map { _ in typed } }
  }
}

package struct Metadata: Hashable, Sendable {
  package var labels: [String: String]
  package var annotations: [String: String]
  package var mode: ReconcileMode

  package init(
    labels: [String: String] = [:], annotations: [String: String] = [:], mode: ReconcileMode = .enforce
  ) {
    self.labels = labels
    self.annotations = annotations
    self.mode = mode
  }
}

/// What the controller may do with one resource.
package enum ReconcileMode: String, Sendable, Codable, CaseIterable {
  /// Change the outside system to match the manifest. The default.
  case enforce
  /// Report drift, change nothing.
  case observe
  /// Neither observe nor change.
  case paused
}

/// A reference to another resource inside a spec.
package struct Reference: Hashable, Sendable {
  package let target: ResourceID
  /// The path of the field, such as `spec.placement.nodes[0]`.
  package let path: String
  package let location: SourceLocation?

  package init(target: ResourceID, path: String, location: SourceLocation?) {
    self.target = target
    self.path = path
    self.location = location
  }
}
