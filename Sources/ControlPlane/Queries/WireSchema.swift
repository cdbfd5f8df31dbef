package import Model

/// JSON Schemas of the requests and responses of the operator API.
package enum WireSchema {
  package static let text = Value.members(["type": .string("string")])
  package static let flag = Value.members(["type": .string("boolean")])
  package static let integer = Value.members(["type": .string("integer")])
  package static let time = Value.members(["type": .string("string"), "format": .string("date-time")])
  /// A decimal number as text.
  package static let credits = Value.members([
    "type": .string("string"), "pattern": .string("^-?[0-9]+(\\.[0-9]{1,6})?$"),
  ])
  package static let any = Value.members([:])
  /// The name of an environment, a kind or a resource.
  package static let name = text(length: 1...253)
  /// `Kind/name`
  package static let resource = Value.members([
    "type": .string("string"), "pattern": .string("^[^/]+/[^/]+$"), "maxLength": .integer(400),
  ])

  package static func text(length: ClosedRange<Int64>) -> Value {
    .members([
      "type": .string("string"), "minLength": .integer(length.lowerBound),
      "maxLength": .integer(length.upperBound),
    ])
  }

  package static func integer(in range: ClosedRange<Int64>) -> Value {
    .members([
      "type": .string("integer"), "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound),
    ])
  }

  package static func word(_ words: some Sequence<String>) -> Value {
    .members(["type": .string("string"), "enum": .array(words.map(Value.string))])
  }

  package static func list(_ element: Value, maxItems: Int64? = nil) -> Value {
    .members(["type": .string("array"), "items": element, "maxItems": maxItems.map(Value.integer)])
  }

  /// - Parameters:
  ///   - optional: members that may be missing.
  ///   - isClosed: whether other members are refused. Responses are open, because later releases add members.
  package static func object(
    _ members: KeyValuePairs<String, Value>, optional: KeyValuePairs<String, Value> = [:],
    isClosed: Bool = false
  ) -> Value {
    .members([
      "type": .string("object"),
      "properties": .object(
        (Array(members) + Array(optional)).map { Value.Member($0.key, $0.value) }.sorted {
          $0.key < $1.key
        }),
      "required": members.isEmpty ? nil : .array(members.map { .string($0.key) }),
      "additionalProperties": isClosed ? .bool(false) : nil,
    ])
  }

  // MARK: Shared parts of responses

  package static let condition = object(
    [
      "type": text, "status": flag, "reason": text, "message": text, "since": time,
      "observedRevision": integer,
    ], optional: ["waitsFor": list(resource)])
  package static let status = object(
    [
      "id": resource, "observedRevision": integer, "mode": word(["enforce", "observe", "paused"]),
      "failures": integer, "conditions": list(condition),
    ], optional: ["nextAttempt": time, "manifest": text])
  package static let pendingRemoval = object([
    "id": resource, "digest": text, "losesData": flag, "since": time, "dueAt": time,
  ])
  package static let event = object(
    ["at": time, "warning": flag, "reason": text, "message": text, "revision": integer],
    optional: ["resource": resource])
  package static let revision = object(
    [
      "revision": integer, "environment": name, "digest": text, "createdAt": time, "actor": text,
      "message": text,
    ],
    optional: [
      "commit": text, "interimFor": text, "quarantined": object(["at": time, "by": text, "reason": text]),
    ])
  package static let explanation = object(
    [
      "resource": resource, "ready": flag, "chain": list(any), "root": any, "next": any, "advice": list(text),
    ])
  package static let diagnostic = object(
    ["severity": word(["error", "warning"]), "message": text],
    optional: [
      "file": text, "line": integer, "column": integer, "hint": text,
      "source": object(["text": text, "caret": integer]),
    ])
}
