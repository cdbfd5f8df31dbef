package import Model

/// Builds the JSON Schemas of the API.
package enum Schema {
  package static func text(
    _ summary: String? = nil, length: ClosedRange<Int64>? = nil, pattern: String? = nil
  ) -> Value {
    .members([
      "type": .string("string"), "description": summary.map { .string($0) },
      "minLength": length.map { .integer($0.lowerBound) },
      "maxLength": length.map { .integer($0.upperBound) },
      "pattern": pattern.map { .string($0) },
    ])
  }

  /// One of these words.
  package static func word(_ words: [String], _ summary: String? = nil) -> Value {
    .members([
      "type": .string("string"), "description": summary.map { .string($0) },
      "enum": .array(words.map { .string($0) }),
    ])
  }

  package static func integer(_ summary: String? = nil, _ range: ClosedRange<Int64>? = nil) -> Value {
    .members([
      "type": .string("integer"), "description": summary.map { .string($0) },
      "minimum": range.map { .integer($0.lowerBound) }, "maximum": range.map { .integer($0.upperBound) },
    ])
  }

  package static func flag(_ summary: String? = nil) -> Value {
    .members(["type": .string("boolean"), "description": summary.map { .string($0) }])
  }

  /// Any JSON.
  package static func anything(_ summary: String) -> Value { .members(["description": .string(summary)]) }

  package static func list(of element: Value, _ summary: String? = nil, max: Int64? = nil) -> Value {
    .members([
      "type": .string("array"), "items": element, "description": summary.map { .string($0) },
      "maxItems": max.map { .integer($0) },
    ])
  }

  /// - Parameter isClosed: Whether other members are rejected.
  package static func object(
    _ members: KeyValuePairs<String, Value>, required: [String] = [], isClosed: Bool = false
  ) -> Value {
    .members([
      "type": .string("object"),
      "properties": .object(Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })),
      "required": required.isEmpty ? nil : .array(required.map { .string($0) }),
      "additionalProperties": isClosed ? .bool(false) : nil,
    ])
  }

  package static let time = Schema.text("A time in RFC 3339 format, in UTC.")
  package static let span = Schema.text(
    "A duration: a whole number with a unit, such as `250ms`, `30s` or `15m`.",
    pattern: "^[0-9]{1,9}(ms|s|m|h|d)$")
  package static let credits = Schema.text(
    "An amount of credits: a decimal with at most six digits after the point.",
    pattern: #"^[0-9]{1,9}(\.[0-9]{1,6})?$"#)
}
