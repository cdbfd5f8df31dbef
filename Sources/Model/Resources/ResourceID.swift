/// The name of one resource within an environment, written `Kind/name`.
package struct ResourceID: Hashable, Comparable, Sendable, TextCodable {
  package static let textForm = "Kind/name"

  package let kind: String
  package let name: String
  /// Hash of both parts, seeded per process. Computed once, because ids are looked up far more often than
  /// created.
  private let mark: Int

  package init(kind: String, name: String) {
    self.kind = kind
    self.name = name
    var hasher = Hasher()
    hasher.combine(kind)
    hasher.combine(name)
    mark = hasher.finalize()
  }

  package static func == (a: ResourceID, b: ResourceID) -> Bool {
    a.mark == b.mark && a.name == b.name && a.kind == b.kind
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(mark) }

  /// Reads `Kind/name`; nil when there is not exactly one slash with text on both sides.
  package init?(_ text: some StringProtocol) {
    let slash = UInt8(ascii: "/")
    guard let end = text.utf8.firstIndex(of: slash), end > text.startIndex else { return nil }
    let name = text[text.utf8.index(after: end)...]
    guard !name.isEmpty, !name.utf8.contains(slash) else { return nil }
    self.init(kind: String(text[..<end]), name: String(name))
  }

  package var description: String { "\(kind)/\(name)" }

  package static func < (a: ResourceID, b: ResourceID) -> Bool {
    a.kind == b.kind ? a.name < b.name : a.kind < b.kind
  }
}
