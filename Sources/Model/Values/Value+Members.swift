/// A type with a JSON form that can be parsed again.
package protocol JSONRepresentable: Sendable {
  var value: Value { get }
  /// Nil when a required member is missing. Unknown members are ignored.
  init?(_ value: Value)
}

/// Members of an object with their type; nil for missing members and for values of another type.
extension Value {
  package func text(at key: String) -> String? {
    guard case .string(let text)? = self[key] else { return nil }
    return text
  }

  package func integer(at key: String) -> Int64? {
    guard case .integer(let number)? = self[key] else { return nil }
    return number
  }

  package func flag(at key: String) -> Bool? {
    guard case .bool(let flag)? = self[key] else { return nil }
    return flag
  }

  package func list(at key: String) -> [Value]? {
    guard case .array(let elements)? = self[key] else { return nil }
    return elements
  }

  /// The elements that can be parsed; others are left out.
  package func list<Element: JSONRepresentable>(at key: String, of type: Element.Type) -> [Element]? {
    list(at: key)?.compactMap { Element($0) }
  }

  package func time(at key: String) -> Timestamp? { text(at: key).flatMap { Timestamp($0) } }
  package func id(at key: String) -> ResourceID? { text(at: key).flatMap { ResourceID($0) } }
  package func credits(at key: String) -> Credits? { text(at: key).flatMap { Credits($0) } }

  /// A case of an enumeration, by its raw value.
  package func word<Word: RawRepresentable<String>>(at key: String, of type: Word.Type) -> Word? {
    text(at: key).flatMap { Word(rawValue: $0) }
  }

  /// The object with this member added or replaced.
  package func adding(_ key: String, _ value: Value?) -> Value {
    guard let value, case .object(let members) = self else { return self }
    let others = members.filter { $0.key != key }
    return .object((others + [Member(key, value)]).sorted { $0.key < $1.key })
  }
}
