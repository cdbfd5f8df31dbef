/// What travels as JSON and is the same when it is read back.
package protocol JSONRepresentable: Sendable {
  var value: Value { get }
  /// Nil where something is missing that it always has. Members that are not known are passed over.
  init?(_ value: Value)
}

/// Members of an object, as what they stand for; nil where they are missing or something else.
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

  /// What the list holds that can be read.
  package func list<Element: JSONRepresentable>(at key: String, of type: Element.Type) -> [Element]? {
    list(at: key)?.compactMap { Element($0) }
  }

  package func time(at key: String) -> Timestamp? { text(at: key).flatMap { Timestamp($0) } }
  package func id(at key: String) -> ResourceID? { text(at: key).flatMap { ResourceID($0) } }
  package func credits(at key: String) -> Credits? { text(at: key).flatMap { Credits($0) } }

  /// A word of an enumeration.
  package func word<Word: RawRepresentable<String>>(at key: String, of type: Word.Type) -> Word? {
    text(at: key).flatMap { Word(rawValue: $0) }
  }

  /// The object with one more member, or with another value for it.
  package func adding(_ key: String, _ value: Value?) -> Value {
    guard let value, case .object(let members) = self else { return self }
    let others = members.filter { $0.key != key }
    return .object((others + [Member(key, value)]).sorted { $0.key < $1.key })
  }
}
