/// An image's name in its parts: `registry/repository:tag@sha256:…`. People read the tag; programs use the
/// digest.
package struct ImageReference: Sendable, Hashable, CustomStringConvertible {
  /// With the registry's host, if any.
  package let repository: String
  package let tag: String?
  /// `sha256:` and 64 hexadecimal digits.
  package let digest: String?

  /// Nil when there is no repository, or the digest is not SHA-256.
  package init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.first else { return nil }
    if parts.count == 2 {
      let hex = parts[1].dropFirst(7)
      guard parts[1].hasPrefix("sha256:"), hex.utf8.count == 64,
        hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
      else { return nil }
      digest = String(parts[1])
    } else {
      digest = nil
    }
    // A colon before the last slash belongs to the registry's port.
    let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    if let colon = name[start...].firstIndex(of: ":") {
      repository = String(name[..<colon])
      let text = name[name.index(after: colon)...]
      guard !text.isEmpty, text.utf8.count <= 128 else { return nil }
      tag = String(text)
    } else {
      repository = String(name)
      tag = nil
    }
    guard !repository.isEmpty, !repository.hasSuffix("/"), !repository.contains(where: \.isWhitespace) else {
      return nil
    }
  }

  /// `repository@digest`, the name by which engines know pulled images; nil without a digest.
  package var pinned: String? { digest.map { "\(repository)@\($0)" } }

  package var description: String {
    repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }
}
