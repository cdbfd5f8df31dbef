package import Model

/// The resources that a revision changed.
package struct RevisionChanges: Sendable {
  /// The digests of a resource, each with its mode: before the revision and after it. Nil when not desired.
  package typealias Change = (id: String, from: String?, to: String?)

  private let changes: [Change]
  private let manifestDigest: Digest

  /// - Parameter changes: In any order.
  package init(_ changes: [Change], manifestDigest: Digest) {
    self.changes = changes.sorted { $0.id < $1.id }
    self.manifestDigest = manifestDigest
  }

  /// The number of resources that the diff names. The digest of the manifests covers all of them.
  private static let maxNamed = 100

  var diff: [FieldChange] {
    let named = changes.prefix(RevisionChanges.maxNamed).map { id, from, to in
      FieldChange(id, from: from.map(Value.string), to: to.map(Value.string))
    }
    return [FieldChange("manifests", from: nil, to: .string(manifestDigest.description))] + named
  }

  /// `2 added, 1 changed, 0 removed`
  var count: String {
    let added = changes.count { $0.from == nil }
    let removed = changes.count { $0.to == nil }
    return "\(added) added, \(changes.count - added - removed) changed, \(removed) removed"
  }
}
