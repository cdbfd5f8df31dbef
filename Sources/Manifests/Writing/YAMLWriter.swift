package import Model

/// Writes resources as people write YAML: fields in the order of their kind's schema, quotes only where
/// needed.
///
/// Loading the output gives the same resource.
package struct YAMLWriter: Sendable {
  private let schemas: [String: KindSchema]

  package init(kinds: [KindSchema]) {
    schemas = Dictionary(kinds.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// One document, starting with `---`.
  package func document(for resource: AnyResource) -> String {
    let schema = schemas[resource.id.kind]
    // Variables are replaced everywhere except in the manifest that declares them.
    var output = Output(escapesVariables: schema?.providesEnvironment != true)
    output.text = "---\n"
    let document = resource.document
    for key in ["apiVersion", "kind", "metadata", "spec"] {
      guard let value = document[key] else { continue }
      let shape = key == "spec" ? schema?.shape : key == "metadata" ? MetadataFields.shape : nil
      output.member(key, value, shape, level: 0)
    }
    return output.text
  }

  /// Any value as YAML, with keys in canonical order.
  package static func text(of value: Value) -> String {
    var output = Output(escapesVariables: false)
    switch value {
    case .object(let members) where !members.isEmpty: output.members(members, nil, level: 0)
    case .array(let elements) where !elements.isEmpty: output.items(elements, nil, level: 0)
    default: output.text = output.scalar(value, nil) + "\n"
    }
    return output.text
  }

  private struct Output {
    let escapesVariables: Bool
    var text = ""

    mutating func member(_ key: String, _ value: Value, _ shape: Shape?, level: Int) {
      text += String(repeating: "  ", count: level) + Output.key(key) + ":"
      nested(value, shape, level: level)
    }

    mutating func members(_ members: [Value.Member], _ shape: Shape?, level: Int) {
      for (key, value, inner) in Output.ordered(members, shape) { member(key, value, inner, level: level) }
    }

    mutating func items(_ elements: [Value], _ shape: Shape?, level: Int) {
      var inner: Shape?
      if case .list(let element)? = shape?.form { inner = element }
      for element in elements {
        text += String(repeating: "  ", count: level) + "-"
        if case .object(let members) = element, !members.isEmpty {
          // The first key follows the dash.
          var rest = Output(escapesVariables: escapesVariables)
          rest.members(members, inner, level: level + 1)
          text += " " + rest.text.dropFirst((level + 1) * 2)
        } else {
          nested(element, inner, level: level)
        }
      }
    }

    private mutating func nested(_ value: Value, _ shape: Shape?, level: Int) {
      switch value {
      case .object(let members) where !members.isEmpty:
        text += "\n"
        self.members(members, shape, level: level + 1)
      case .array(let elements) where !elements.isEmpty:
        text += "\n"
        items(elements, shape, level: level + 1)
      default: text += " " + scalar(value, shape) + "\n"
      }
    }

    func scalar(_ value: Value, _ shape: Shape?) -> String {
      switch value {
      case .object: return "{}"
      case .array: return "[]"
      case .string(let string):
        let escaped = escapesVariables ? string.replacing("${", with: "$${") : string
        return Output.needsQuotes(escaped) ? Output.quoted(escaped) : escaped
      default: return value.json
      }
    }

    private static func ordered(
      _ members: [Value.Member], _ shape: Shape?
    ) -> [(key: String, value: Value, shape: Shape?)] {
      switch shape?.form {
      case .object(let fields):
        let values = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let known = fields.compactMap { field in values[field.name].map { (field.name, $0, field.shape()) } }
        let names = Set(fields.map(\.name))
        return known + members.filter { !names.contains($0.key) }.map { ($0.key, $0.value, nil) }
      case .map(let value): return members.map { ($0.key, $0.value, value) }
      case .choice(let cases):
        return members.map { member in
          (member.key, member.value, cases.first { $0.name == member.key }?.payload?())
        }
      default: return members.map { ($0.key, $0.value, nil) }
      }
    }

    private static func key(_ key: String) -> String { needsQuotes(key) || key == "<<" ? quoted(key) : key }

    /// Whether the text without quotes would be read as another value.
    private static func needsQuotes(_ text: String) -> Bool {
      guard let first = text.utf8.first, let last = text.utf8.last else { return true }
      var copy = text
      if copy.withUTF8({ CoreSchema.isNull($0) }) || CoreSchema.bool(text) != nil || CoreSchema.isNumber(text)
      {
        return true
      }
      let old = ["yes", "no", "on", "off", "y", "n"]
      if old.contains(text.lowercased()) || text.hasPrefix("0x") || text.hasPrefix("0o") { return true }
      if "-?:,[]{}#&*!|>'\"%@`".utf8.contains(first) || first == 0x20 || last == 0x20 || last == 58 {
        return true
      }
      if text.contains(": ") || text.contains(" #") { return true }
      return !text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } || text.hasPrefix("---")
        || text.hasPrefix("...")
    }

    /// Double quotes with escapes; control and invisible characters as `\\x`, `\\u` or `\\U`.
    private static func quoted(_ text: String) -> String {
      var output = "\""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": output += "\\\""
        case "\\": output += "\\\\"
        case "\n": output += "\\n"
        case "\t": output += "\\t"
        case "\r": output += "\\r"
        default:
          let isVisible =
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
              false
            default: true
            }
          if isVisible {
            output.unicodeScalars.append(scalar)
          } else {
            let digits = String(scalar.value, radix: 16, uppercase: true)
            output += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
          }
        }
      }
      return output + "\""
    }
  }
}
