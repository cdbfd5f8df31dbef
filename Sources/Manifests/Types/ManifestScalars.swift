package import Model

extension String: ManifestValue {
  package static var shape: Shape { Shape(.text, name: "text") }
  package var manifestValue: Value? { .string(self) }

  /// Accepts any scalar as written, so that a version such as `1.10` keeps its last digit.
  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> String? {
    guard node.kind == .scalar else {
      let hint = node.kind == .null ? "for empty text write `\"\"`, else leave the field out" : nil
      decoder.mismatch(node, expected: "text", hint: hint)
      return nil
    }
    return decoder.text(node)
  }
}

extension Bool: ManifestValue {
  package static var shape: Shape { Shape(.flag, name: "`true` or `false`") }
  package var manifestValue: Value? { .bool(self) }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Bool? {
    let text = node.text
    if node.isPlain, let flag = CoreSchema.bool(text) { return flag }
    let hint: String? =
      switch text.lowercased() {
      case "true", "false": "remove the quotes: `\(text.lowercased())`"
      case "yes", "y", "on", "1": "did you mean `true`?"
      case "no", "n", "off", "0": "did you mean `false`?"
      default: nil
      }
    decoder.mismatch(node, expected: "`true` or `false`", hint: hint)
    return nil
  }
}

extension Int64: ManifestValue {
  package static var shape: Shape { Shape(.whole, name: "whole number") }
  package var manifestValue: Value? { .integer(self) }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Int64? {
    let number = node.withUTF8 { CoreSchema.integer($0) }
    if node.isPlain, let number { return number }
    let hint: String? =
      if number != nil {
        "remove the quotes: `\(node.text)`"
      } else if node.isPlain, node.text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 }) {
        "numbers go from \(Int64.min) to \(Int64.max)"
      } else { nil }
    decoder.mismatch(node, expected: "a whole number", hint: hint)
    return nil
  }
}

extension Int: ManifestValue {
  package static var shape: Shape { Int64.shape }
  package var manifestValue: Value? { .integer(Int64(self)) }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Int? {
    Int64.decode(node, &decoder).map { Int($0) }
  }
}

extension Optional: ManifestValue where Wrapped: ManifestValue {
  package static var shape: Shape { Wrapped.shape }
  package var manifestValue: Value? { self?.manifestValue }

  /// `null` is equivalent to omitting the field.
  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Wrapped?? {
    if node.kind == .null { return .some(nil) }
    return Wrapped.decode(node, &decoder).map { .some($0) }
  }
}

extension Array: ManifestValue where Element: ManifestValue {
  package static var shape: Shape { Shape(.list(Element.shape), name: "list of \(Element.shape.name)") }
  package var manifestValue: Value? { .array(map { $0.manifestValue ?? .null }) }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> [Element]? {
    guard node.kind == .list else {
      let hint = node.kind == .scalar ? "write a list: `[\(Node.shortened(node.text))]`" : nil
      decoder.mismatch(node, expected: "a list", hint: hint)
      return nil
    }
    var list: [Element] = []
    var isFine = true
    for (position, item) in node.elements.enumerated() {
      decoder.enter(node, item, position: position)
      defer { decoder.leave() }
      if let element = Element.decode(item, &decoder) { list.append(element) } else { isFine = false }
    }
    return isFine ? list : nil
  }
}

/// `Value` in scopes where a generic parameter has that name.
package typealias CanonicalValue = Value

extension Dictionary: ManifestValue where Key == String, Value: ManifestValue {
  package static var shape: Shape { Shape(.map(Value.shape), name: "map of names to \(Value.shape.name)") }
  package var manifestValue: CanonicalValue? {
    var members: [CanonicalValue.Member] = []
    members.reserveCapacity(count)
    for (key, value) in self { members.append(CanonicalValue.Member(key, value.manifestValue ?? .null)) }
    if members.count > 1 { members.sort { $0.key < $1.key } }
    return .object(members)
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> [String: Value]? {
    guard node.kind == .map else {
      let hint = node.kind == .null ? "for no entries write `{}`" : nil
      decoder.mismatch(node, expected: "a map", hint: hint)
      return nil
    }
    var map: [String: Value] = [:]
    var isFine = true
    for (key, value) in node.members {
      decoder.enter(node, key, position: 0)
      defer { decoder.leave() }
      guard let name = decoder.key(key), let element = Value.decode(value, &decoder) else {
        isFine = false
        continue
      }
      if map.updateValue(element, forKey: name) != nil {
        decoder.error(key, "the key ‘\(Node.shortened(key.text))’ stands twice in this map, in two spellings")
        isFine = false
      }
    }
    return isFine ? map : nil
  }
}
