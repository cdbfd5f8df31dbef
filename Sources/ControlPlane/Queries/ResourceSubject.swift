package import Gateway
package import Model

/// Selects resources by a kind or by one `Kind/name`.
package enum ResourceSubject {
  package static let parameter = APIParameter(
    "subject", .query, "A kind, or one resource as Kind/name.", schema: WireSchema.text(length: 1...400))

  /// - Parameter subject: nil selects every resource.
  package static func matches(_ subject: String?, _ id: ResourceID) -> Bool {
    guard let subject else { return true }
    return subject.contains("/") ? id.description == subject : id.kind == subject
  }
}
