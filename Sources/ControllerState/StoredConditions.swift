internal import Model

/// The conditions of a resource as text in a column, and back.
enum StoredConditions {
  static func text(of conditions: [Condition]) -> String {
    Value.array(
      conditions.map { condition in
        .members([
          "type": .string(condition.type.rawValue), "status": .bool(condition.status),
          "reason": .string(condition.reason.rawValue), "message": .string(condition.message),
          "since": .integer(condition.since.microseconds), "revision": .integer(condition.observedRevision),
          "waitsFor": condition.waitsFor.isEmpty
            ? nil : .array(condition.waitsFor.map { .string($0.description) }),
        ])
      }
    ).json
  }

  /// Leaves out conditions that this version cannot read.
  static func conditions(_ text: String) -> [Condition] {
    guard case .array(let elements)? = try? Value(json: text) else { return [] }
    return elements.compactMap { element in
      guard let type = element["type"].flatMap({ Condition.Kind(rawValue: $0.plainText) }),
        case .bool(let status)? = element["status"], case .integer(let since)? = element["since"],
        case .integer(let revision)? = element["revision"]
      else { return nil }
      return Condition(
        type, status, reason: ConditionReason(rawValue: element["reason"]?.plainText ?? ""),
        message: element["message"]?.plainText ?? "", waitsFor: ids(element["waitsFor"]),
        since: Timestamp(microseconds: since), observedRevision: revision)
    }
  }

  private static func ids(_ value: Value?) -> [ResourceID] {
    guard case .array(let elements)? = value else { return [] }
    return elements.compactMap { ResourceID($0.plainText) }
  }
}
