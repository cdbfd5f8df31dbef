/// A JSON-shaped value in canonical form: object keys are sorted and unique, numbers keep their exact decimal
/// text.
///
/// Specs become `Value`s to be digested, compared field by field, stored and printed.
package enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A decimal fraction as its shortest exact text, such as `0.5`; never an exponent, NaN or infinity.
  case decimal(String)
  case string(String)
  case array([Value])
  /// Members sorted by key. Build with `Value.object(_:)` from a dictionary or `Value.members(_:)`.
  case object([Member])

  package struct Member: Hashable, Sendable {
    package let key: String
    package let value: Value
    package init(_ key: String, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// An object of these members, sorted here; members whose value is nil are left out.
  package static func members(_ members: KeyValuePairs<String, Value?>) -> Value {
    .object(
      members.compactMap { member in member.value.map { Member(member.key, $0) } }.sorted { $0.key < $1.key })
  }

  package static func object(_ dictionary: [String: Value]) -> Value {
    .object(dictionary.map { Member($0.key, $0.value) }.sorted { $0.key < $1.key })
  }

  /// The member of an object; nil for other values and for missing keys.
  package subscript(_ key: String) -> Value? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// Text for people: strings bare, everything else as JSON.
  package var plainText: String {
    if case .string(let text) = self { return text }
    return json
  }
}
