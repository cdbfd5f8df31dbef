extension Value {
  /// Compact JSON with sorted keys: equal values have equal bytes.
  package var json: String { String(decoding: jsonBytes(), as: UTF8.self) }

  package func jsonBytes() -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(256)
    write(into: &output, indent: nil)
    return output
  }

  /// Indented JSON for people, two spaces a level, ending in a line feed.
  package var prettyJSON: String {
    var output: [UInt8] = []
    write(into: &output, indent: 0)
    output.append(UInt8(ascii: "\n"))
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends JSON; `indent` is the current level, nil for the compact form.
  private func write(into output: inout [UInt8], indent: Int?) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
    case .integer(let number): output.append(contentsOf: String(number).utf8)
    case .decimal(let text): output.append(contentsOf: text.utf8)
    case .string(let text): Value.write(text, into: &output)
    case .array(let elements):
      Value.writeList(elements, brackets: ("[", "]"), indent: indent, into: &output) {
        element, inner, output in
        element.write(into: &output, indent: inner)
      }
    case .object(let members):
      Value.writeList(members, brackets: ("{", "}"), indent: indent, into: &output) { member, inner, output in
        Value.write(member.key, into: &output)
        output.append(contentsOf: (indent == nil ? ":" : ": ").utf8)
        member.value.write(into: &output, indent: inner)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], brackets: (open: String, close: String), indent: Int?, into output: inout [UInt8],
    each: (Element, Int?, inout [UInt8]) -> Void
  ) {
    output.append(contentsOf: brackets.open.utf8)
    var isFirst = true
    for element in elements {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      if let indent { breakLine(indent + 1, into: &output) }
      each(element, indent.map { $0 + 1 }, &output)
    }
    if let indent, !elements.isEmpty { breakLine(indent, into: &output) }
    output.append(contentsOf: brackets.close.utf8)
  }

  private static func breakLine(_ level: Int, into output: inout [UInt8]) {
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
  }

  private static func write(_ text: String, into output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    if !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) {
      output.append(contentsOf: text.utf8)
      output.append(UInt8(ascii: "\""))
      return
    }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x0A: output.append(contentsOf: #"\n"#.utf8)
      case 0x09: output.append(contentsOf: #"\t"#.utf8)
      case 0x0D: output.append(contentsOf: #"\r"#.utf8)
      case 0..<0x20, 0x7F:
        let hex = Array("0123456789abcdef".utf8)
        output.append(contentsOf: #"\u00"#.utf8)
        output.append(hex[Int(byte >> 4)])
        output.append(hex[Int(byte & 15)])
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
