import Model

extension ResourcePlan.Outcome {
  var mark: String {
    switch self {
    case .create: "+"
    case .update: "~"
    case .replace: "-/+"
    case .delete: "-"
    case .run: "»"
    case .waiting: "!"
    case .blocked: "⊘"
    case .unknown: "?"
    case .invalid: "✗"
    case .drifted: "≠"
    case .unchanged: "="
    case .paused: "‖"
    }
  }

  var attributes: [TextStyle.Attribute] {
    switch self {
    case .create: [.green]
    case .update, .run: [.cyan]
    case .replace: [.magenta]
    case .delete, .blocked, .unknown, .invalid: [.red]
    case .waiting, .drifted: [.yellow]
    case .unchanged, .paused: [.dim]
    }
  }

  /// Whether it is listed in verbose plans only.
  var isQuiet: Bool { self == .unchanged || self == .paused }

  /// Whether it is listed last, because a person may have to act.
  var needsAttention: Bool {
    switch self {
    case .waiting, .blocked, .unknown, .invalid, .drifted: true
    case .create, .update, .replace, .delete, .run, .unchanged, .paused: false
    }
  }
}

extension StepAction {
  var mark: String {
    switch self {
    case .create: "+"
    case .update: "~"
    case .replace: "±"
    case .delete: "-"
    case .run, .maintain: "»"
    }
  }

  var attributes: [TextStyle.Attribute] {
    switch self {
    case .create: [.green]
    case .update, .run, .maintain: [.cyan]
    case .replace: [.magenta]
    case .delete: [.red]
    }
  }
}

extension Risk {
  var attributes: [TextStyle.Attribute] {
    switch self {
    case .safe: []
    case .disruptive: [.yellow]
    case .destructive: [.bold, .red]
    }
  }
}

extension Step {
  var title: String { TextStyle.harmless(summary) }

  /// The only changed field, as `credits 100 → 110`; nil unless the reason names that field.
  var inlinedChange: String? {
    guard fields.count == 1, let field = fields.first else { return nil }
    let leaf = String(field.path.split(separator: ".").last ?? "")
    guard !leaf.isEmpty, reason.contains(leaf) else { return nil }
    let change = "\(leaf) \(ValueText.of(field.from)) → \(ValueText.of(field.to))"
    return change.count <= 64 ? TextStyle.harmless(change) : nil
  }
}

/// The text of a value inside a sentence.
enum ValueText {
  static func of(_ value: Value?) -> String {
    switch value {
    case nil: return "not set"
    case .string(let text)? where text.isEmpty: return #""""#
    case .some(let value): return shortDigests(value.plainText).escapingInvisible()
    }
  }

  /// Shortens `sha256:` and 64 digits to the first 12 digits.
  private static func shortDigests(_ text: String) -> String {
    let parts = text.split(separator: "sha256:", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return text }
    return parts[0]
      + parts.dropFirst().map { part in
        let digits = part.prefix { $0.isHexDigit }
        return digits.count == 64 ? "sha256:\(part.prefix(12))…\(part.dropFirst(64))" : "sha256:\(part)"
      }.joined()
  }
}
