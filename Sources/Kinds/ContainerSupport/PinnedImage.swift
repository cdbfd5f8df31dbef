package import Model

/// An image by digest, with the tag that people know it by: `grafana/grafana:10.4.2@sha256:…`.
///
/// Seeds 5, supply-chain attack: the digest decides what runs; the tag is never looked up.
package struct PinnedImage: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Repository with registry: `127.0.0.1:5055/echo`, `grafana/grafana`.
  package let repository: String
  package let tag: String?
  package let digest: Digest

  package init(repository: String, tag: String?, digest: Digest) {
    self.repository = repository
    self.tag = tag
    self.digest = digest
  }

  /// Nil unless `text` is `repository[:tag]@sha256:` and 64 hexadecimal digits.
  package init?(_ text: String) {
    let halves = text.split(separator: "@", omittingEmptySubsequences: false)
    guard halves.count == 2, halves[1].hasPrefix("sha256:"),
      let digest = Digest(hex: String(halves[1].dropFirst("sha256:".count)))
    else { return nil }
    let (repository, tag) = PinnedImage.repositoryAndTag(of: halves[0])
    guard PinnedImage.isRepository(repository), tag.map(PinnedImage.isTag) ?? true else { return nil }
    self.init(repository: String(repository), tag: tag.map(String.init), digest: digest)
  }

  /// As it is written in a manifest.
  package var description: String { "\(repository)\(tag.map { ":" + $0 } ?? "")@\(digest)" }
  /// As an engine is asked for it: without the tag, which must not decide anything.
  package var pullReference: String { "\(repository)@\(digest)" }
  /// As people call it in a step: `echo:2`, or with the first digits of its digest.
  package var displayName: String {
    let name = repository.split(separator: "/").last.map(String.init) ?? repository
    return tag.map { "\(name):\($0)" } ?? "\(name)@\(digest.short)"
  }

  /// A colon after the last slash starts a tag; one before it belongs to a registry's port.
  private static func repositoryAndTag(of text: Substring) -> (Substring, Substring?) {
    guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") else { return (text, nil) }
    return (text[..<colon], text[text.index(after: colon)...])
  }

  private static func isRepository(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.last != UInt8(ascii: "/") else {
      return false
    }
    return text.utf8.allSatisfy {
      isAlphanumeric($0) || [UInt8(ascii: "."), 0x2D, 0x5F, 0x2F, 0x3A].contains($0)
    }
  }

  private static func isTag(_ text: Substring) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { isAlphanumeric($0) || [UInt8(ascii: "."), 0x2D, 0x5F].contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
}
