internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore

/// Parses the input of a request that its operation declares, and rejects any other.
enum RequestReader {
  /// Adds query and headers to the parameters, and validates all of them.
  static func read(
    _ query: Substring, _ headers: HTTPFields, of operation: Operation,
    into parameters: inout [String: String]
  ) -> APIProblem? {
    if let problem = read(query, of: operation, into: &parameters) { return problem }
    for check in operation.checks {
      if check.parameter.location == .header, let name = HTTPField.Name(check.parameter.name),
        let value = headers[name]
      {
        parameters[check.key] = value
      }
      guard let value = parameters[check.key] else {
        guard check.parameter.isRequired else { continue }
        return APIProblem(
          400, "missing_parameter", "\(check.parameter.name) is required", field: check.parameter.name)
      }
      if let problem = check.problem(value) { return problem }
    }
    return nil
  }

  private static func read(
    _ query: Substring, of operation: Operation, into parameters: inout [String: String]
  ) -> APIProblem? {
    let text = query.dropFirst().prefix { $0 != "#" }
    guard !text.isEmpty else { return nil }
    for pair in text.split(separator: "&") {
      let end = pair.firstIndex(of: "=") ?? pair.endIndex
      guard let name = PercentText.decode(pair[..<end], plusIsSpace: true),
        let value = PercentText.decode(pair[end...].dropFirst(), plusIsSpace: true)
      else { return APIProblem(400, "invalid_parameter", "the query is not percent-encoded UTF-8 text") }
      guard operation.checks.contains(where: { $0.key == name && $0.parameter.location == .query }) else {
        return APIProblem(400, "unknown_parameter", "unknown parameter", field: shown(name))
      }
      guard parameters.updateValue(value, forKey: name) == nil else {
        return APIProblem(400, "invalid_parameter", "\(name) is specified twice", field: name)
      }
    }
    return nil
  }

  private static func shown(_ name: String) -> String { String(name.prefix(40)) }

  /// - Returns: The body, without NUL in any text, because the database cannot store it.
  static func body(of request: Request, _ description: APIBody, depth: Int) async -> Result<
    Value, APIProblem
  > {
    guard isJSON(request.headers[.contentType]) else {
      return rejected(415, "unsupported_media_type", "the body's Content-Type is application/json")
    }
    let limit = description.maxBytes
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      return tooLong(limit)
    }
    var bytes = ByteBuffer()
    do {
      for try await part in request.body {
        guard bytes.readableBytes + part.readableBytes <= limit else { return tooLong(limit) }
        if bytes.readableBytes == 0 { bytes = part } else { bytes.writeImmutableBuffer(part) }
      }
    } catch is SlowRequest {
      return rejected(408, "too_slow", "the body was not received in time")
    } catch {
      return rejected(400, "broken", "the body ended early")
    }
    do throws(Value.JSONError) {
      let value = try Value(json: bytes.readableBytesView, depth: depth)
      guard !mayHoldNUL(bytes) || !value.holdsNUL else {
        return rejected(400, "invalid_json", "text must not hold the character NUL")
      }
      return .success(value)
    } catch {
      return rejected(400, "invalid_json", error.description)
    }
  }

  private static func tooLong(_ limit: Int) -> Result<Value, APIProblem> {
    rejected(413, "too_long", "the body is longer than \(limit) bytes")
  }

  private static func rejected(_ status: Int, _ code: String, _ detail: String) -> Result<
    Value, APIProblem
  > {
    .failure(APIProblem(status, code, detail))
  }

  private static func isJSON(_ type: String?) -> Bool {
    guard let type else { return false }
    if type == "application/json" { return true }
    return type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased() == "application/json"
  }

  /// Whether the bytes contain `\u0000`, perhaps after another backslash.
  private static func mayHoldNUL(_ bytes: ByteBuffer) -> Bool {
    var rest = bytes.readableBytesView[...]
    while let mark = rest.firstIndex(of: UInt8(ascii: "\\")) {
      rest = rest[(mark + 1)...]
      if rest.starts(with: "u0000".utf8) { return true }
    }
    return false
  }
}

extension Value {
  fileprivate var holdsNUL: Bool {
    switch self {
    case .null, .bool, .integer, .decimal: false
    case .string(let text): text.utf8.contains(0)
    case .array(let elements): elements.contains { $0.holdsNUL }
    case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.holdsNUL }
    }
  }
}
