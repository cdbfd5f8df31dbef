/// A container that this platform did not create and that a resource adopts as it is, written `name@id` in
/// the annotation `rendertrust.com/adopts`. Only the id identifies the container, so another container of the
/// same name is never changed. The name is for people.
package struct Adoption: Hashable, Sendable, Codable, CustomStringConvertible {
  package static let annotation = "\(Model.labelPrefix)/adopts"

  package let name: String
  /// At least the first 12 hexadecimal digits.
  package let id: String

  package static let minDigits = 12

  package init(name: String, id: String) {
    self.name = name
    self.id = String(id.prefix(Adoption.minDigits))
  }

  /// Nil unless `text` is a name, `@` and 12 to 64 hexadecimal digits.
  package init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, (Adoption.minDigits...64).contains(parts[1].utf8.count),
      parts[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    name = String(parts[0])
    id = String(parts[1])
  }

  package var description: String { "\(name)@\(id)" }

  package func matches(containerID: String) -> Bool { containerID.hasPrefix(id) }

  /// Whether both may identify the same container.
  package func overlaps(_ other: Adoption) -> Bool { id.hasPrefix(other.id) || other.id.hasPrefix(id) }
}

extension Metadata {
  /// Nil when nothing is adopted, and when the annotation is invalid.
  package var adoption: Adoption? { annotations[Adoption.annotation].flatMap { Adoption($0) } }
}
