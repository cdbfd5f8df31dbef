package import Model

/// A rule between the resources of a load, such as that two do not declare the same thing. It runs before
/// anything is changed.
package struct ManifestCheck: Sendable {
  /// A field of a resource, by its path in the manifest, such as `spec.database`.
  package struct Place: Hashable, Sendable {
    package let resource: ResourceID
    package let field: String

    package init(_ resource: ResourceID, field: String) {
      self.resource = resource
      self.field = field
    }
  }

  package struct Finding: Sendable {
    let place: Place
    let other: Place?
    let message: String
    let hint: String?

    /// - Parameters:
    ///   - place: where the problem is reported.
    ///   - other: the second field that the problem concerns; its location follows the message.
    package init(at place: Place, _ message: String, with other: Place? = nil, hint: String? = nil) {
      self.place = place
      self.other = other
      self.message = message
      self.hint = hint
    }
  }

  /// Finds all problems of the resources of an environment, in the order of the resources.
  let findings: @Sendable (_ resources: [AnyResource], _ environment: String) -> [Finding]

  package init(
    _ findings: @escaping @Sendable (_ resources: [AnyResource], _ environment: String) -> [Finding]
  ) {
    self.findings = findings
  }

  /// - Parameter documents: the document of each resource, for locations.
  func diagnostics(
    of resources: [AnyResource], in environment: String, _ documents: [ResourceID: Node]
  ) -> [Diagnostic] {
    func location(of place: Place) -> SourceLocation? {
      guard let document = documents[place.resource] else { return nil }
      let location = document.node(at: place.field).location
      return location.line > 0 ? location : document.location
    }
    return findings(resources, environment).map { finding in
      let other = finding.other.flatMap(location)
      return Diagnostic(
        at: location(of: finding.place), finding.message + (other.map { " (\($0))" } ?? ""),
        hint: finding.hint)
    }
  }
}
