internal import Model

/// Validates a parameter against `type`, `enum`, bounds and lengths of its schema.
struct ParameterCheck: Sendable {
  let parameter: APIParameter
  /// The name in requests: headers in lower case.
  let key: String
  private let words: [String]?
  private let type: String
  private let least: Int64?
  private let most: Int64?

  init(_ parameter: APIParameter) {
    self.parameter = parameter
    key = parameter.place == .header ? parameter.name.lowercased() : parameter.name
    let schema = parameter.schema
    if case .string(let name)? = schema["type"] { type = name } else { type = "string" }
    if case .array(let elements)? = schema["enum"] { words = elements.map(\.plainText) } else { words = nil }
    func number(_ key: String) -> Int64? {
      if case .integer(let number)? = schema[key] { number } else { nil }
    }
    let isNumber = type == "integer"
    least = number(isNumber ? "minimum" : "minLength")
    most = number(isNumber ? "maximum" : "maxLength")
  }

  /// Nil for a valid text.
  func problem(_ text: String) -> APIProblem? {
    if let words { return words.contains(text) ? nil : misfit("is one of \(words.joined(separator: ", "))") }
    switch type {
    case "integer":
      guard let number = Int64(text), isWithin(number) else { return misfit("is a whole number\(range)") }
    case "boolean":
      guard text == "true" || text == "false" else { return misfit("is true or false") }
    default:
      guard isWithin(Int64(text.unicodeScalars.count)) else {
        return misfit("is text of a length\(range)")
      }
    }
    return nil
  }

  private func isWithin(_ number: Int64) -> Bool {
    number >= least ?? .min && number <= most ?? .max
  }

  private var range: String {
    (least.map { " from \($0)" } ?? "") + (most.map { " up to \($0)" } ?? "")
  }

  private func misfit(_ text: String) -> APIProblem {
    APIProblem(400, "invalid_parameter", "\(parameter.name) \(text)", field: parameter.name)
  }
}
