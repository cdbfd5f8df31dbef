import Model

/// A value in a JSON document with its path; errors name the path of an unexpected value.
struct JSONField {
  /// Nil for a missing member and for `null`, which Stripe uses for the same.
  let value: Value?
  /// Such as `data.object.refunds.data[0].amount`: documented names only, never content of the document.
  let path: String

  init(_ value: Value?, path: String = "") {
    self.value = value == .null ? nil : value
    self.path = path
  }

  /// An unexpected value and its path. Safe to show.
  struct Mismatch: Error {
    let path: String
    let what: String
  }

  subscript(_ key: String) -> JSONField {
    JSONField(value?[key], path: path.isEmpty ? key : "\(path).\(key)")
  }

  func problem(_ what: String) -> Mismatch {
    Mismatch(path: path.isEmpty ? "the document" : path, what: what)
  }

  /// Nil for a missing value.
  var present: JSONField? { value == nil ? nil : self }

  func text() throws(Mismatch) -> String {
    guard let value else { throw problem("is missing") }
    guard case .string(let text) = value else { throw problem("is no text") }
    return text
  }

  func flag() throws(Mismatch) -> Bool {
    guard let value else { throw problem("is missing") }
    guard case .bool(let flag) = value else { throw problem("is neither true nor false") }
    return flag
  }

  /// A whole number of 0 and above: an amount, a count or a time.
  func amount() throws(Mismatch) -> Int64 {
    guard let value else { throw problem("is missing") }
    guard case .integer(let number) = value else { throw problem("is no whole number of 64 bits") }
    guard number >= 0 else { throw problem("is negative") }
    return number
  }

  /// Seconds since 1970 up to the end of the year 9999.
  func moment() throws(Mismatch) -> Timestamp {
    let seconds = try amount()
    guard seconds <= 253_402_300_799 else { throw problem("lies beyond the year 9999") }
    return Timestamp(seconds: seconds)
  }

  /// An id of Stripe's: 1 to 255 bytes without control characters.
  func identifier() throws(Mismatch) -> String {
    let text = try text()
    guard StripeIdentifier.isValid(text) else { throw problem("is no id") }
    return text
  }

  /// A reference, which Stripe may have expanded into the referenced object.
  func reference() throws(Mismatch) -> String {
    if case .object = value { return try self["id"].identifier() }
    return try identifier()
  }

  /// A currency's code in lower case, such as `usd`.
  func currency() throws(Mismatch) -> String {
    let text = try text()
    guard (3...8).contains(text.utf8.count), text.utf8.allSatisfy({ (97...122).contains($0) }) else {
      throw problem("is no currency in lowercase letters")
    }
    return text
  }

  /// Texts by key, such as metadata; a missing value and an empty list are empty.
  func texts() throws(Mismatch) -> [String: String] {
    guard let value, value != .array([]) else { return [:] }
    guard case .object(let members) = value else { throw problem("is no object") }
    var texts: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else { throw problem("has a value that is no text") }
      texts[member.key] = text
    }
    return texts
  }

  /// Fails unless this is an object of this type.
  func expect(object type: String) throws(Mismatch) {
    guard let value else { throw problem("is missing") }
    guard case .object = value else { throw problem("is no object") }
    let own = self["object"]
    guard try own.text() == type else { throw own.problem("is not “\(type)”") }
  }

  /// One page of a list.
  func list<Element>(
    _ read: (JSONField) throws(Mismatch) -> Element
  ) throws(Mismatch) -> StripeList<Element> {
    try expect(object: "list")
    let data = self["data"]
    guard case .array(let values)? = data.value else { throw data.problem("is no list") }
    var elements: [Element] = []
    for (index, value) in values.enumerated() {
      elements.append(try read(JSONField(value, path: "\(data.path)[\(index)]")))
    }
    return StripeList(elements: elements, hasMore: try self["has_more"].flag())
  }
}

enum StripeIdentifier {
  /// Most ids consist of ASCII letters, digits and `_`; owners chose the ids of old plans, which live on as
  /// prices.
  static func isValid(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      && text != "." && text != ".."
  }
}
