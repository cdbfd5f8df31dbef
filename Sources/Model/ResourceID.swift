/// The name of one resource within an environment, written `Kind/name`.
package struct ResourceID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let kind: String
  package let name: String

  package init(kind: String, name: String) {
    self.kind = kind
    self.name = name
  }

  /// Reads `Kind/name`; nil when there is not exactly one slash with text on both sides.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].contains("/") else { return nil }
    self.init(kind: String(parts[0]), name: String(parts[1]))
  }

  package var description: String { "\(kind)/\(name)" }

  package static func < (a: ResourceID, b: ResourceID) -> Bool {
    a.kind == b.kind ? a.name < b.name : a.kind < b.kind
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let id = ResourceID(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "‘\(text)’ is not Kind/name")
    }
    self = id
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
