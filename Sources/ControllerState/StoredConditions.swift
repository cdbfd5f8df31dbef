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
        ])
      }
    ).json
  }

  /// Leaves out what a newer program may have written and this one does not know.
  static func conditions(_ text: String) -> [Condition] {
    guard case .array(let elements)? = try? Value(json: text) else { return [] }
    return elements.compactMap { element in
      guard let type = element["type"].flatMap({ Condition.Kind(rawValue: $0.plainText) }),
        case .bool(let status)? = element["status"], case .integer(let since)? = element["since"],
        case .integer(let revision)? = element["revision"]
      else { return nil }
      return Condition(
        type, status, reason: ConditionReason(rawValue: element["reason"]?.plainText ?? ""),
        message: element["message"]?.plainText ?? "",
        since: Timestamp(microseconds: since), observedRevision: revision)
    }
  }
}
