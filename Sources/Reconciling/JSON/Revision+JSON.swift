package import Model

/// The form of revisions in the API and in `history -o json`.
extension Revision: JSONRepresentable {
  package var value: Value {
    .members([
      "revision": .integer(number), "environment": .string(environment),
      "digest": .string(manifestDigest.description), "createdAt": .string(createdAt.description),
      "actor": .string(actor), "commit": commit.map { .string($0) }, "message": .string(message),
      "interimFor": interimFor.map { .string($0.description) },
    ])
  }

  package init?(_ value: Value) {
    guard let number = value.integer(at: "revision"), let environment = value.text(at: "environment"),
      let digest = value.text(at: "digest").flatMap(Digest.init(described:)),
      let createdAt = value.time(at: "createdAt"), let actor = value.text(at: "actor")
    else { return nil }
    self.init(
      number: number, environment: environment, manifestDigest: digest, createdAt: createdAt, actor: actor,
      commit: value.text(at: "commit"), message: value.text(at: "message") ?? "",
      interimFor: value.text(at: "interimFor").flatMap(Digest.init(described:)))
  }
}

extension Digest {
  /// Parses the form of `description`, and the digits alone.
  init?(described text: String) {
    self.init(hex: text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text)
  }
}
