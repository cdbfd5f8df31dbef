/// A value that is encoded as its text.
package protocol TextCodable: Codable, CustomStringConvertible {
  /// The form of the text in errors, such as `Kind/name`.
  static var textForm: String { get }
  /// Nil when the text has another form. Accepts every `description`.
  init?(_ text: String)
}

extension TextCodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "‘\(text)’ is not \(Self.textForm)")
    }
    self = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
