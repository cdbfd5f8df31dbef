extension Array: SQLReadable where Element: SQLReadable {
  package static var nameInErrors: String { "a one-dimensional array without NULLs" }

  /// Reads `{a,"b c"}`.
  package static func read(_ bytes: UnsafeRawBufferPointer) -> [Element]? {
    guard let texts = ArrayLiteral.elements(bytes) else { return nil }
    var elements: [Element] = []
    elements.reserveCapacity(texts.count)
    for text in texts {
      guard let text, let element = text.withUnsafeBytes(Element.read) else { return nil }
      elements.append(element)
    }
    return elements
  }
}

/// The text format of arrays.
private enum ArrayLiteral {
  /// Returns the elements' text, nil for NULL. Returns nil for anything but a one-dimensional array.
  static func elements(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]?]? {
    guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
    var elements: [[UInt8]?] = []
    var index = 1
    let end = bytes.count - 1
    while index < end {
      var text: [UInt8] = []
      if bytes[index] == UInt8(ascii: "\"") {
        index += 1
        while index < end, bytes[index] != UInt8(ascii: "\"") {
          if bytes[index] == UInt8(ascii: "\\") { index += 1 }
          text.append(bytes[index])
          index += 1
        }
        index += 1
        elements.append(text)
      } else {
        while index < end, bytes[index] != UInt8(ascii: ",") {
          guard bytes[index] != UInt8(ascii: "{") else { return nil }
          text.append(bytes[index])
          index += 1
        }
        elements.append(text == Array("NULL".utf8) ? nil : text)
      }
      guard index == end || bytes[index] == UInt8(ascii: ",") else { return nil }
      index += 1
    }
    return elements
  }
}
