internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Reconciling

/// The connection of a request.
struct APIContext: InitializableFromSource, Sendable {
  let channel: any Channel
  init(source: ApplicationRequestContextSource) { channel = source.channel }

  /// Whether this is one of several streams of an HTTP/2 connection, where ending one leaves the others open.
  /// The parent of a connection is the listening channel; that of a stream is its connection.
  var isStream: Bool { channel.parent?.parent != nil }

  /// Nil for this machine.
  var remoteAddress: String? {
    guard let text = channel.remoteAddress?.ipAddress, !text.hasPrefix("127."), text != "::1" else {
      return nil
    }
    return text
  }
}

/// Passes HTTP requests to the handlers of their operations and returns their responses.
final class APIResponder: HTTPResponder {
  private let table: RouteTable
  private let gate: APIGate
  private let limits: APILimits
  private let time: TimeSource
  private let log: AccessLog
  private let ids: RequestIDs
  private let load = RequestLoad()

  init(routes: [APIRoute], gate: APIGate, limits: APILimits, time: TimeSource, log: AccessLog) {
    table = RouteTable(routes)
    self.gate = gate
    self.limits = limits
    self.time = time
    self.log = log
    ids = RequestIDs(mark: String(UInt64(bitPattern: time.now().microseconds), radix: 36) + "-")
  }

  func respond(to request: Request, context: APIContext) async throws -> Response {
    let startedAt = time.uptime()
    let id = ids.id(request.headers[.requestID])
    let target = request.head.path ?? "/"
    let path = target.prefix { $0 != "?" && $0 != "#" }
    var route: String?
    var principal: APIPrincipal?
    let answer: APIResponse
    var allow: [String] = []
    let count = load.begin()
    defer { load.end() }
    switch table.match(request.method.rawValue, path) {
    case .none: answer = .problem(APIProblem(404, "not_found", "no such path"))
    case .otherMethods(let methods):
      allow = methods
      answer = .problem(
        APIProblem(405, "method_not_allowed", "this path accepts \(methods.joined(separator: ", "))"))
    case .operation(let operation, let values):
      route = operation.route.path
      guard count <= limits.requests else {
        answer = .problem(
          APIProblem(503, "busy", "too many requests are running", retryAfterSeconds: 1))
        break
      }
      let entry = await gate.authorize(
        operation, authorization: request.headers[.authorization], from: context.remoteAddress)
      switch entry {
      case .deny(let problem, let known):
        principal = known
        answer = .problem(problem)
      case .allow(let known):
        principal = known
        answer = await perform(
          operation, values, request, query: target.dropFirst(path.count), id: id, for: known,
          on: context.channel)
      }
    }
    let line = AccessLog.Line(
      id: id, method: request.method.rawValue, route: route, principal: principal, startedAt: startedAt)
    var response = response(answer, to: request, line, allow: allow)
    // Closes the connection instead of reading the rest of the body. HTTP/2 does not have this header.
    if response.status == .requestTimeout || response.status == .contentTooLarge, !context.isStream {
      response.headers[.connection] = "close"
    }
    return response
  }

  private func perform(
    _ operation: Operation, _ values: [String], _ request: Request, query: Substring, id: String,
    for principal: APIPrincipal, on channel: any Channel
  ) async -> APIResponse {
    var parameters: [String: String] = [:]
    for (name, value) in zip(operation.pathNames, values) { parameters[name] = value }
    if let problem = RequestReader.read(query, request.headers, of: operation, into: &parameters) {
      return .problem(problem)
    }
    var body: Value?
    if let description = operation.route.body {
      switch await RequestReader.body(of: request, description, depth: limits.depth) {
      case .success(let value): body = value
      case .failure(let problem): return .problem(problem)
      }
    }
    let checked = APIRequest(
      id: id, principal: principal, parameters: parameters, body: body,
      wantsEvents: operation.route.answer.streams
        && request.headers[.accept]?.contains("text/event-stream") ?? false)
    guard parameters["wait"] != nil, !checked.wantsEvents else {
      return await operation.route.handler(checked)
    }
    return await APIResponder.cancellingOnDisconnect(channel) { await operation.route.handler(checked) }
  }

  /// Cancels a handler that may wait long once the client has disconnected.
  private static func cancellingOnDisconnect(
    _ channel: any Channel, _ work: @escaping @Sendable () async -> APIResponse
  ) async -> APIResponse {
    let (gone, feed) = AsyncStream<Never>.makeStream()
    RequestClock.onDisconnect(channel) { feed.finish() }
    defer { RequestClock.onDisconnect(channel, nil) }
    return await withTaskGroup(of: APIResponse?.self) { group in
      group.addTask { await work() }
      group.addTask {
        for await _ in gone {}
        return nil
      }
      defer { group.cancelAll() }
      let first: APIResponse? = await group.next() ?? nil
      return first ?? .problem(APIProblem(408, "gone", "the client disconnected"))
    }
  }

  // MARK: Responses

  private func response(
    _ answer: APIResponse, to request: Request, _ line: AccessLog.Line, allow: [String]
  ) -> Response {
    var headers: HTTPFields = [
      .requestID: line.id, .cacheControl: "no-store", .contentTypeOptions: "nosniff",
    ]
    let status: Int
    let buffer: ByteBuffer
    switch answer {
    case .json(let code, let value):
      status = code
      headers[.contentType] = "application/json"
      buffer = ByteBuffer(bytes: value.jsonBytes())
    case .encodedJSON(let code, let text):
      status = code
      headers[.contentType] = "application/json"
      buffer = ByteBuffer(string: text)
    case .problem(let problem):
      status = problem.status
      headers[.contentType] = "application/problem+json"
      if !allow.isEmpty { headers[.allow] = allow.joined(separator: ", ") }
      if status == 401 { headers[.wwwAuthenticate] = "Bearer" }
      if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
      buffer = ByteBuffer(bytes: problem.value(request: line.id).jsonBytes())
    case .events(let events):
      headers[.contentType] = "text/event-stream"
      let stream = EventBody(events: events, keepAlive: limits.keepAlive, load: load) { [log, time] bytes in
        log.write(line, status: 200, bytes: bytes, at: time.uptime())
      }
      return Response(status: .ok, headers: headers, body: stream.body(of: request))
    }
    log.write(line, status: status, bytes: buffer.readableBytes, at: time.uptime())
    return Response(
      status: HTTPResponse.Status(code: status), headers: headers, body: ResponseBody(byteBuffer: buffer))
  }
}

extension HTTPField.Name {
  fileprivate static let requestID = HTTPField.Name("X-Request-Id")!
  fileprivate static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}

extension APIProblem {
  /// The problem in the format of RFC 9457.
  func value(request: String) -> Value {
    var members = more
    members["type"] = .string("about:blank")
    members["title"] = .string(APIProblem.titles[status] ?? "Problem")
    members["status"] = .integer(Int64(status))
    members["code"] = .string(code)
    members["detail"] = .string(detail)
    members["field"] = field.map { .string($0) }
    members["hint"] = hint.map { .string($0) }
    members["request"] = .string(request)
    return .object(members)
  }
  private static let titles = [
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 412: "Precondition Failed",
    413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Content",
    429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable",
  ]
}
