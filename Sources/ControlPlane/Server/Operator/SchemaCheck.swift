package import Gateway
package import Model

/// Validates a request body against the types, members, lengths and bounds of its schema. An unknown member
/// or a member of another type is an error.
package enum SchemaCheck {
  /// Nil if the value is valid.
  package static func problem(of value: Value, _ schema: Value, at path: String = "body") -> APIProblem? {
    if case .array(let words)? = schema["enum"], !words.contains(value) {
      return problem(path, "must be one of \(words.map(\.plainText).joined(separator: ", "))")
    }
    guard let type = schema.text(at: "type") else { return nil }
    switch (type, value) {
    case ("string", .string(let text)):
      return isWithin(Int64(text.unicodeScalars.count), schema, "minLength", "maxLength")
        ? nil : problem(path, "is too short or too long")
    case ("integer", .integer(let number)):
      return isWithin(number, schema, "minimum", "maximum") ? nil : problem(path, "is out of bounds")
    case ("boolean", .bool): return nil
    case ("array", .array(let elements)):
      guard isWithin(Int64(elements.count), schema, "minItems", "maxItems") else {
        return problem(path, "has too many elements")
      }
      guard let items = schema["items"] else { return nil }
      for (index, element) in elements.enumerated() {
        if let problem = problem(of: element, items, at: "\(path)[\(index)]") { return problem }
      }
      return nil
    case ("object", .object(let members)): return problem(of: members, schema, at: path)
    default: return problem(path, "is not of type \(type)")
    }
  }

  private static func problem(of members: [Value.Member], _ schema: Value, at path: String) -> APIProblem? {
    for name in schema.list(at: "required") ?? [] where !members.contains(where: { $0.key == name.plainText })
    {
      return problem("\(path).\(name.plainText)", "is required")
    }
    for member in members {
      guard let known = schema["properties"]?[member.key] else {
        if schema["additionalProperties"] == .bool(false) {
          return problem("\(path).\(member.key.prefix(40))", "is not a known member")
        }
        continue
      }
      if let problem = problem(of: member.value, known, at: "\(path).\(member.key)") { return problem }
    }
    return nil
  }

  private static func isWithin(_ number: Int64, _ schema: Value, _ min: String, _ max: String) -> Bool {
    number >= schema.integer(at: min) ?? .min && number <= schema.integer(at: max) ?? .max
  }

  private static func problem(_ path: String, _ text: String) -> APIProblem {
    APIProblem(400, "usage", "\(path) \(text)")
  }
}

extension APIRoute {
  /// The same route, which refuses invalid bodies.
  package func checkingBody() -> APIRoute {
    guard let schema = body?.schema else { return self }
    return APIRoute(
      method, path, name: name, summary: summary, roles: roles, parameters: parameters, body: body,
      answer: answer, problems: problems
    ) { request in
      if let problem = SchemaCheck.problem(of: request.body ?? .null, schema) { return .problem(problem) }
      return await handler(request)
    }
  }
}
