extension FieldRule where Value == String {
  /// Text that `matches` accepts.
  /// - Parameters:
  ///   - meaning: Completes ‘must be …’.
  ///   - pattern: For editors; must accept the same texts.
  package static func text(
    _ meaning: String, pattern: String? = nil, examples: [String] = [], hint: String? = nil,
    _ matches: @escaping @Sendable (String) -> Bool
  ) -> FieldRule {
    rule(
      meaning,
      refine: { shape in
        var shape = shape
        shape.pattern = pattern ?? shape.pattern
        if !examples.isEmpty { shape.examples = examples }
        return shape
      },
      { text in
        matches(text)
          ? nil
          : RuleProblem(
            "must be \(meaning), found ‘\(Node.shortened(text))’",
            hint: hint ?? examples.first.map { "for example `\($0)`" })
      })
  }

  /// Text that a regular expression matches as a whole.
  /// - Parameter meaning: Completes ‘must be …’: `a container name`.
  package static func pattern(_ pattern: String, _ meaning: String, examples: [String] = []) -> FieldRule {
    text(meaning, pattern: "^(?:\(pattern))$", examples: examples) { text in
      guard let regex = try? Regex(pattern) else { return false }
      return (try? regex.wholeMatch(in: text)) ?? nil != nil
    }
  }

  /// An absolute path without `..`.
  package static var absolutePath: FieldRule {
    text("an absolute path", pattern: "^/", examples: ["/var/lib/data"]) {
      $0.hasPrefix("/") && !$0.split(separator: "/").contains("..")
    }
  }

  /// A path, absolute or relative, without `..`.
  package static func folder(example: String) -> FieldRule {
    rule("a path") { path in
      path.isEmpty || path.split(separator: "/").contains("..")
        ? RuleProblem("must be a path without `..`", hint: "for example \(example)") : nil
    }
  }

  /// A lowercase name of ASCII letters, digits and `-`, at most 63 characters long.
  package static var dnsLabel: FieldRule {
    text(
      "a name of lowercase letters, digits and ‘-’", pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
      examples: ["web-1"]
    ) { ResourceName.isLabel($0.utf8) }
  }

  /// A valid name of an environment variable.
  package static var variableName: FieldRule {
    text("a variable name", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", examples: ["LOG_LEVEL"]) { text in
      guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
      return text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
      }
    }
  }

  /// `http://` or `https://` and a host.
  package static var httpURL: FieldRule {
    text("an http or https URL", pattern: "^https?://[^/ ]+", examples: ["https://api.example.com"]) { text in
      for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        return rest.first != nil && rest.first != 47 && rest.allSatisfy { $0 > 32 && $0 != 127 }
      }
      return false
    }
  }
}

extension FieldRule where Value == String? {
  package static func text(
    _ meaning: String, pattern: String? = nil, examples: [String] = [], hint: String? = nil,
    _ matches: @escaping @Sendable (String) -> Bool
  ) -> FieldRule {
    present(.text(meaning, pattern: pattern, examples: examples, hint: hint, matches))
  }

  package static func pattern(_ pattern: String, _ meaning: String, examples: [String] = []) -> FieldRule {
    present(.pattern(pattern, meaning, examples: examples))
  }

  package static var nonEmpty: FieldRule { present(.nonEmpty) }
  package static var absolutePath: FieldRule { present(.absolutePath) }
  package static var dnsLabel: FieldRule { present(.dnsLabel) }
  package static var variableName: FieldRule { present(.variableName) }
  package static var httpURL: FieldRule { present(.httpURL) }
}
