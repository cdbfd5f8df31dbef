/// A container image reference: `[registry/]repository[:tag][@sha256:…]`.
///
/// The digest decides which image runs; the tag is documentation for people.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
  /// Registry and repository as written: `127.0.0.1:5055/echo`, `grafana/grafana`.
  package let name: String
  package let tag: String?
  /// Nil for an image that is not pinned.
  package let digest: Digest?

  package init(name: String, tag: String?, digest: Digest?) {
    self.name = name
    self.tag = tag
    self.digest = digest
  }

  /// Parses a reference.
  /// - Throws: the first problem, with its position in `text`.
  package init(parsing text: String) throws(ImageReferenceProblem) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    digest = halves.count == 2 ? try ImageReference.digest(halves[1], in: text) : nil
    let (name, tag) = ImageReference.nameAndTag(of: halves[0])
    guard ImageReference.isName(name) else {
      throw ImageReferenceProblem(.name, at: 0, "‘\(name)’ is not an image name")
    }
    if let tag, !ImageReference.isTag(tag) {
      throw ImageReferenceProblem(
        .tag, at: ImageReference.offset(of: tag.startIndex, in: text),
        "a tag has 1 to 128 ASCII letters, digits, `.`, `-` and `_`, found ‘\(tag)’")
    }
    self.name = String(name)
    self.tag = tag.map(String.init)
  }

  /// Nil where `text` is not a reference.
  package init?(_ text: String) {
    guard let reference = try? ImageReference(parsing: text) else { return nil }
    self = reference
  }

  /// Host and port of the registry; nil for the engine's default registry.
  package var registry: String? {
    guard let slash = name.firstIndex(of: "/") else { return nil }
    let host = name[..<slash]
    return host == "localhost" || host.contains(where: { $0 == "." || $0 == ":" }) ? String(host) : nil
  }

  /// The path inside the registry.
  package var repository: String { registry.map { String(name.dropFirst($0.count + 1)) } ?? name }

  /// Whether the image cannot change under its name.
  package var isPinned: Bool { digest != nil }

  /// `name@digest`, the form under which engines list pulled images; nil without a digest.
  package var pinned: String? { digest.map { "\(name)@\($0)" } }

  package var description: String { name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

  /// The rule of the OCI distribution specification that the reference breaks; nil where registries accept
  /// it. Parsing does not apply these rules: engines report them when they pull.
  package var distributionProblem: ImageReferenceProblem? {
    if name.utf8.count > 255 {
      return ImageReferenceProblem(.name, at: 0, "image names have at most 255 characters")
    }
    var offset = 0
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    for (index, component) in components.enumerated() {
      let isHost = index == 0 && components.count > 1 && ImageReference.looksLikeHost(component)
      if let problem = isHost
        ? ImageReference.hostProblem(component) : ImageReference.componentProblem(component)
      {
        return ImageReferenceProblem(.name, at: offset, problem)
      }
      offset += component.utf8.count + 1
    }
    if let tag, tag.hasPrefix(".") || tag.hasPrefix("-") {
      return ImageReferenceProblem(.tag, at: offset, "a tag does not begin with ‘\(tag.prefix(1))’")
    }
    return nil
  }
}

/// Why a text is not an image reference.
package struct ImageReferenceProblem: Error, Hashable, Sendable {
  package enum Part: Hashable, Sendable { case name, tag, digest }

  package let part: Part
  /// Where the part begins, in bytes from the start of the reference.
  package let offset: Int
  package let message: String

  init(_ part: Part, at offset: Int, _ message: String) {
    self.part = part
    self.offset = offset
    self.message = message
  }
}

// MARK: - Rules of registries

extension ImageReference {
  /// Whether engines read the first component of a name as the address of a registry.
  private static func looksLikeHost(_ component: Substring) -> Bool {
    component == "localhost"
      || component.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || isUppercase($0) }
  }

  private static func hostProblem(_ host: Substring) -> String? {
    let parts = host.split(separator: ":", omittingEmptySubsequences: false)
    let isPort = parts.count == 1 || parts.count == 2 && UInt16(parts[1]).map { $0 > 0 } ?? false
    let isName = parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.utf8.first, let last = label.utf8.last else { return false }
      return isAlphanumeric(first) && isAlphanumeric(last)
        && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
    return isPort && isName ? nil : "‘\(host)’ is not the address of a registry"
  }

  /// A path component: lowercase letters and digits, separated by one `.`, one or two `_`, or any number of
  /// `-`.
  private static func componentProblem(_ component: Substring) -> String? {
    if component.utf8.contains(where: isUppercase) {
      return "image names are lowercase, found ‘\(component)’"
    }
    let runs = component.utf8.split(omittingEmptySubsequences: false) { isAlphanumeric($0) }
      .map { String(decoding: $0, as: UTF8.self) }.filter { !$0.isEmpty }
    let isSeparated = runs.allSatisfy { [".", "_", "__"].contains($0) || $0.allSatisfy { $0 == "-" } }
    let isBounded =
      component.utf8.first.map(isAlphanumeric) ?? false && component.utf8.last.map(isAlphanumeric) ?? false
    return isSeparated && isBounded
      ? nil
      : "‘\(component)’ is not a part of an image name, which has lowercase letters and digits, separated by "
        + "‘.’, ‘_’, ‘__’ or ‘-’"
  }
}

// MARK: - Grammar

extension ImageReference {
  private static func digest(
    _ text: Substring, in reference: String
  ) throws(ImageReferenceProblem) -> Digest {
    let offset = offset(of: text.startIndex, in: reference)
    let algorithm = "sha256:"
    guard text.hasPrefix(algorithm) else {
      throw ImageReferenceProblem(.digest, at: offset, "a digest starts with `\(algorithm)`")
    }
    let digits = text.dropFirst(algorithm.count)
    guard let digest = Digest(hex: String(digits)) else {
      throw ImageReferenceProblem(
        .digest, at: offset + algorithm.count,
        "a digest has 64 hexadecimal digits, found \(digits.count)")
    }
    return digest
  }

  /// A colon after the last slash starts a tag; one before it belongs to the registry's port.
  private static func nameAndTag(of text: Substring) -> (Substring, Substring?) {
    guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") else { return (text, nil) }
    return (text[..<colon], text[text.index(after: colon)...])
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.last != UInt8(ascii: "/") else {
      return false
    }
    return text.utf8.allSatisfy {
      isTagByte($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":")
    }
  }

  private static func isTag(_ text: Substring) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.allSatisfy(isTagByte)
  }

  private static func isTagByte(_ byte: UInt8) -> Bool { isLowercaseByte(byte) || isUppercase(byte) }

  private static func isLowercaseByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) && !isUppercase(byte)
      || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
  }

  private static func isUppercase(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || isUppercase(byte) || (97...122).contains(byte)
  }

  private static func offset(of index: Substring.Index, in text: String) -> Int {
    text.utf8.distance(from: text.utf8.startIndex, to: index)
  }
}
