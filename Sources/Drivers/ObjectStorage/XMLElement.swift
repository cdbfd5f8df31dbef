/// An element of a small XML document, as S3 sends them: names without their namespace prefix, no attributes.
/// Document types are rejected, so that only XML's own five entities are expanded.
struct XMLElement: Equatable {
  var name: String
  /// All text directly inside, in order.
  var text = ""
  var children: [XMLElement] = []

  /// The first child of that name.
  subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// Nil when the bytes are not a document of one element.
  init?(parsing bytes: [UInt8]) {
    var reader = XMLReader(bytes)
    guard let root = reader.document() else { return nil }
    self = root
  }

  init(name: String) { self.name = name }
}

private struct XMLReader {
  private let bytes: [UInt8]
  private var index = 0
  private static let greatestDepth = 32

  init(_ bytes: [UInt8]) { self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes }

  mutating func document() -> XMLElement? {
    var root: XMLElement?
    while index < bytes.count {
      if skipSpace() { continue }
      if at("<?") {
        guard skip(past: "?>") else { return nil }
      } else if at("<!--") {
        guard skip(past: "-->") else { return nil }
      } else {
        guard root == nil, let element = element(depth: 0) else { return nil }
        root = element
      }
    }
    return root
  }

  /// Parses from `<name`. Nil for anything that is not well formed.
  private mutating func element(depth: Int) -> XMLElement? {
    guard depth < XMLReader.greatestDepth, consume("<"), let name = name() else { return nil }
    var element = XMLElement(name: name.local)
    guard let isClosed = restOfTag() else { return nil }
    if isClosed { return element }
    var text: [UInt8] = []
    while index < bytes.count {
      if consume("</") {
        guard let end = self.name(), end.whole == name.whole else { return nil }
        _ = skipSpace()
        guard consume(">") else { return nil }
        element.text = String(decoding: text, as: UTF8.self)
        return element
      } else if at("<!--") {
        guard skip(past: "-->") else { return nil }
      } else if consume("<![CDATA[") {
        let start = index
        guard skip(past: "]]>") else { return nil }
        text += bytes[start..<index - 3]
      } else if at("<?") {
        guard skip(past: "?>") else { return nil }
      } else if at("<") {
        guard let child = self.element(depth: depth + 1) else { return nil }
        element.children.append(child)
      } else if at("&") {
        guard let character = reference() else { return nil }
        text += character
      } else {
        text.append(bytes[index])
        index += 1
      }
    }
    return nil
  }

  /// Parses the rest of a start tag; returns whether it closes itself, or nil when it is not well formed.
  private mutating func restOfTag() -> Bool? {
    var quote: UInt8?
    while index < bytes.count {
      let byte = bytes[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "<") {
        return nil
      } else if consume("/>") {
        return true
      } else if consume(">") {
        return false
      }
      index += 1
    }
    return nil
  }

  private mutating func name() -> (whole: String, local: String)? {
    let start = index
    while index < bytes.count, !XMLReader.space.contains(bytes[index]),
      bytes[index] != UInt8(ascii: ">"), bytes[index] != UInt8(ascii: "/")
    {
      guard bytes[index] != UInt8(ascii: "<"), bytes[index] != UInt8(ascii: "!") else { return nil }
      index += 1
    }
    guard index > start else { return nil }
    let whole = String(decoding: bytes[start..<index], as: UTF8.self)
    return (whole, whole.split(separator: ":").last.map(String.init) ?? whole)
  }

  /// Parses `&amp;`, `&#10;`, `&#xA;` and the like.
  private mutating func reference() -> [UInt8]? {
    guard let end = bytes[index...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: bytes[index + 1..<end], as: UTF8.self)
    index = end + 1
    switch name {
    case "amp": return [UInt8(ascii: "&")]
    case "lt": return [UInt8(ascii: "<")]
    case "gt": return [UInt8(ascii: ">")]
    case "quot": return [UInt8(ascii: "\"")]
    case "apos": return [UInt8(ascii: "'")]
    default:
      guard name.hasPrefix("#") else { return nil }
      let isHexadecimal = name.dropFirst().hasPrefix("x")
      let number = UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10)
      return number.flatMap(Unicode.Scalar.init).map { Array(String(Character($0)).utf8) }
    }
  }

  private static let space: Set<UInt8> = [9, 10, 13, 32]

  private mutating func skipSpace() -> Bool {
    let start = index
    while index < bytes.count, XMLReader.space.contains(bytes[index]) { index += 1 }
    return index > start
  }

  private func at(_ mark: StaticString) -> Bool {
    mark.withUTF8Buffer { mark in bytes[index...].starts(with: mark) }
  }

  private mutating func consume(_ mark: StaticString) -> Bool {
    guard at(mark) else { return false }
    index += mark.utf8CodeUnitCount
    return true
  }

  private mutating func skip(past mark: StaticString) -> Bool {
    while index < bytes.count {
      if consume(mark) { return true }
      index += 1
    }
    return false
  }
}
