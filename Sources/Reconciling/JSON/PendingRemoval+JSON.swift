package import Model

/// The form of pending removals in the API.
extension PendingRemoval: JSONRepresentable {
  package var value: Value {
    .members([
      "id": .string(id.description), "digest": .string(digest.hex), "losesData": .bool(losesData),
      "since": .string(since.description), "dueAt": .string(dueAt.description),
    ])
  }

  package init?(_ value: Value) {
    guard let id = value.text(at: "id").flatMap({ ResourceID($0) }),
      let digest = value.text(at: "digest").flatMap({ Digest(hex: $0) }),
      let losesData = value.flag(at: "losesData"), let since = value.time(at: "since"),
      let dueAt = value.time(at: "dueAt")
    else { return nil }
    self.init(id: id, digest: digest, losesData: losesData, since: since, dueAt: dueAt)
  }
}
