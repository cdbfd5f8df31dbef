/// Statements that are embedded in the program from `.sql` files.
package enum EmbeddedSQL {
  /// The text of a file, without its last newline.
  /// - Parameter expressions: the SQL that replaces `{name}` in the text, by name.
  package static func text(_ bytes: [UInt8], _ expressions: [String: String] = [:]) -> String {
    var text = String(
      decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
    for (name, expression) in expressions { text = text.replacing("{\(name)}", with: expression) }
    return text
  }
}
