/// An image by digest, with the tag that people know it by: `grafana/grafana:10.4.2@sha256:…`.
///
/// Seeds 5, supply-chain attack: the digest decides what runs; the tag is never resolved.
package struct PinnedImage: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Registry and repository: `127.0.0.1:5055/echo`, `grafana/grafana`.
  package let name: String
  package let tag: String?
  package let digest: Digest

  package init(name: String, tag: String?, digest: Digest) {
    self.name = name
    self.tag = tag
    self.digest = digest
  }

  /// Nil unless `text` is an image reference with a digest.
  package init?(_ text: String) {
    guard let reference = ImageReference(text), let digest = reference.digest else { return nil }
    self.init(name: reference.name, tag: reference.tag, digest: digest)
  }

  /// The value of a field before an image is set; no registry has it.
  package static let unset = PinnedImage(name: "", tag: nil, digest: Digest(of: ""))

  package var reference: ImageReference { ImageReference(name: name, tag: tag, digest: digest) }

  /// The form of manifests.
  package var description: String { reference.description }
  /// The form that engines pull: without the tag, which must not decide anything.
  package var pullReference: String { "\(name)@\(digest)" }
  /// The form of plan steps: `echo:2`, or without a tag the first digits of the digest.
  package var displayName: String {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    return tag.map { "\(last):\($0)" } ?? "\(last)@\(digest.short)"
  }

  /// Stored plans call the name `repository`.
  private enum CodingKeys: String, CodingKey {
    case name = "repository"
    case tag, digest
  }
}
