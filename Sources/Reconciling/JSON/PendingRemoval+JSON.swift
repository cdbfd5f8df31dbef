package import Model

/// The form of pending removals in the API.
extension PendingRemoval: JSONRepresentable {
  package var value: Value {
    .members([
      "digest": .string(digest.hex), "removals": .array(removals.map { .string($0.description) }),
      "losesData": .bool(losesData), "since": .string(since.description), "dueAt": .string(dueAt.description),
    ])
  }

  package init?(_ value: Value) {
    guard let digest = value.text(at: "digest").flatMap({ Digest(hex: $0) }),
      let removals = value.list(at: "removals"), let losesData = value.flag(at: "losesData"),
      let since = value.time(at: "since"), let dueAt = value.time(at: "dueAt")
    else { return nil }
    self.init(
      digest: digest, removals: removals.compactMap { ResourceID($0.plainText) }, losesData: losesData,
      since: since, dueAt: dueAt)
  }
}
