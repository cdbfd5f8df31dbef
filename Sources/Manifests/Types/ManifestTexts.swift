package import Model

/// A container image: repository, tag for people, digest for machines.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible, ManifestText {
  /// With registry: `127.0.0.1:5055/echo`, `grafana/grafana`.
  package let repository: String
  package let tag: String?
  /// `sha256:` and 64 hexadecimal digits; nil for an image that is not pinned.
  package let digest: String?

  package init?(manifestText: String) {
    var rest = Substring(manifestText)
    if let at = rest.firstIndex(of: "@") {
      let digest = rest[rest.index(after: at)...]
      guard digest.hasPrefix("sha256:"), Digest(hex: String(digest.dropFirst(7))) != nil else { return nil }
      self.digest = String(digest)
      rest = rest[..<at]
    } else {
      digest = nil
    }
    let nameStart = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
    if let colon = rest[nameStart...].firstIndex(of: ":") {
      let tag = rest[rest.index(after: colon)...]
      guard !tag.isEmpty, tag.utf8.count <= 128, tag.utf8.allSatisfy(ImageReference.isTagByte),
        tag.first != ".", tag.first != "-"
      else { return nil }
      self.tag = String(tag)
      rest = rest[..<colon]
    } else {
      tag = nil
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    for (index, part) in parts.enumerated() {
      let isHost = index == 0 && parts.count > 1
      guard
        part.utf8.allSatisfy({
          ImageReference.isNameByte($0) || isHost && ($0 == 58 || (65...90).contains($0))
        })
      else { return nil }
    }
    repository = String(rest)
  }

  /// Whether the reference always means the same image.
  package var isPinned: Bool { digest != nil }

  package var description: String { manifestText }
  package var manifestText: String {
    repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }
  package static var expectation: String { "a container image such as `registry/name:tag@sha256:…`" }
  package static var examples: [String] { ["grafana/grafana:10.4.2@sha256:…"] }
  package static func hint(for text: String) -> String? {
    if let at = text.firstIndex(of: "@") {
      let digest = text[text.index(after: at)...]
      return digest.hasPrefix("sha256:")
        ? "a digest has 64 hexadecimal digits, found \(digest.count - 7)" : "a digest starts with `sha256:`"
    }
    return text.lowercased() != text && ImageReference(manifestText: text.lowercased()) != nil
      ? "names of images are lower-case: `\(text.lowercased())`" : nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 46 || byte == 95
  }

  private static func isTagByte(_ byte: UInt8) -> Bool { isNameByte(byte) || (65...90).contains(byte) }
}

extension FieldRule where Value == ImageReference {
  /// The image must have a digest, so that the tested image is the one that runs.
  package static var pinned: FieldRule {
    rule("pinned by digest") {
      $0.isPinned
        ? nil
        : RuleProblem(
          "must be pinned by digest, found ‘\($0)’",
          hint: "append the digest: `\($0)@sha256:…`; `docker images --digests \($0.repository)` shows it")
    }
  }
}

extension FieldRule where Value == ImageReference? {
  package static var pinned: FieldRule { present(.pinned) }
}

/// An absolute path of a URL such as `/health`.
package struct HTTPPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral, ManifestText
{
  package let path: String
  package init(stringLiteral path: String) { self.path = path }

  package init?(manifestText: String) {
    guard manifestText.utf8.first == 47, manifestText.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      return nil
    }
    path = manifestText
  }

  package var description: String { path }
  package var manifestText: String { path }
  package static var expectation: String { "a path that starts with `/`" }
  package static var examples: [String] { ["/health"] }
  package static var pattern: String? { "^/[!-~]*$" }
  package static func hint(for text: String) -> String? {
    HTTPPath(manifestText: "/" + text) == nil ? nil : "did you mean `/\(text)`?"
  }
}

extension CronSchedule: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { text }
  package static var expectation: String { "a cron schedule such as `0 2 * * *`" }
  package static var examples: [String] { ["0 2 * * *"] }
  package static func hint(for text: String) -> String? {
    CronSchedule.problem(of: text).map {
      "\($0); the fields are minute, hour, day, month and weekday, in UTC"
    }
  }
}
