package import Model

/// One operation of the HTTP API: its description for `/openapi.json`, the roles that may call it and its
/// handler. The server authorizes the request and parses and validates its input.
package struct APIRoute: Sendable {
  package enum Method: String, Hashable, Sendable {
    case get, post, put, delete
  }

  package let method: Method
  /// With parameters in braces: `/api/v1/jobs/{job}`.
  package let path: String
  /// The `operationId`: `submitJob`.
  package let name: String
  /// One line.
  package let summary: String
  /// The roles that may call it; empty for every client, without a token. An admin may call every operation.
  package let roles: Set<APIRole>
  package let parameters: [APIParameter]
  /// Nil for an operation without a body.
  package let body: APIBody?
  /// The response of a successful request.
  package let answer: APIAnswer
  /// Error statuses, in addition to those of every operation (400, 401, 403, 404, 408, 413, 429, 500, 503).
  package let problems: [Int: String]
  package let handler: @Sendable (APIRequest) async -> APIResponse

  package init(
    _ method: Method, _ path: String, name: String, summary: String, roles: Set<APIRole>,
    parameters: [APIParameter] = [], body: APIBody? = nil, answer: APIAnswer, problems: [Int: String] = [:],
    handler: @escaping @Sendable (APIRequest) async -> APIResponse
  ) {
    self.method = method
    self.path = path
    self.name = name
    self.summary = summary
    self.roles = roles
    self.parameters = parameters
    self.body = body
    self.answer = answer
    self.problems = problems
    self.handler = handler
  }
}

/// The permissions of a token.
package enum APIRole: String, Hashable, Sendable, CaseIterable {
  /// Reads everything that operators read.
  case viewer
  /// Makes the changes that the CLI makes.
  case `operator`
  /// Submits jobs for one account and reads only that account's jobs.
  case creator
  /// The worker of one node.
  case node
  /// Everything, tokens included.
  case admin
}

/// The authenticated client of a request.
package struct APIPrincipal: Hashable, Sendable {
  /// The token's name, for logs and audit; never the token itself.
  package let name: String
  package let role: APIRole
  /// The account of a creator, the node of a node; nil for other roles.
  package let subject: String?

  package init(name: String, role: APIRole, subject: String?) {
    self.name = name
    self.role = role
    self.subject = subject
  }
}

package struct APIParameter: Hashable, Sendable {
  package enum Location: String, Hashable, Sendable { case path, query, header }

  package let name: String
  package let location: Location
  package let summary: String
  /// The JSON Schema of the value.
  package let schema: Value
  package let isRequired: Bool

  package init(
    _ name: String, _ location: Location, _ summary: String, schema: Value, isRequired: Bool = false
  ) {
    self.name = name
    self.location = location
    self.summary = summary
    self.schema = schema
    self.isRequired = isRequired
  }
}

package struct APIBody: Hashable, Sendable {
  /// The JSON Schema of the body.
  package let schema: Value
  package let maxBytes: Int

  package init(schema: Value, maxBytes: Int = 1 << 20) {
    self.schema = schema
    self.maxBytes = maxBytes
  }
}

package struct APIAnswer: Hashable, Sendable {
  package let status: Int
  package let summary: String
  /// The JSON Schema of the body; nil for none.
  package let schema: Value?
  /// Whether the response is available as `text/event-stream` too.
  package let streams: Bool

  package init(_ status: Int = 200, _ summary: String, schema: Value?, streams: Bool = false) {
    self.status = status
    self.summary = summary
    self.schema = schema
    self.streams = streams
  }
}

/// A validated request: required parameters are present and match their schemas; the body is JSON of bounded
/// size and depth.
package struct APIRequest: Sendable {
  /// The request's id in logs and responses.
  package let id: String
  package let principal: APIPrincipal
  /// The decoded parameters of path, query and header; header names are in lower case.
  package let parameters: [String: String]
  package let body: Value?
  /// Whether the client accepts a stream of events.
  package let wantsEvents: Bool

  package init(
    id: String, principal: APIPrincipal, parameters: [String: String], body: Value?, wantsEvents: Bool
  ) {
    self.id = id
    self.principal = principal
    self.parameters = parameters
    self.body = body
    self.wantsEvents = wantsEvents
  }
}

package enum APIResponse: Sendable {
  case json(Int, Value)
  /// `application/json` that is encoded already.
  case encodedJSON(Int, String)
  /// Server-sent events until the sequence or the connection ends; a disconnect cancels the task of the
  /// sequence.
  case events(AsyncStream<APIEvent>)
  case problem(APIProblem)
}

/// One server-sent event: `event: NAME`, `data: JSON`.
package struct APIEvent: Hashable, Sendable {
  package let name: String
  package let data: Value

  package init(_ name: String, _ data: Value) {
    self.name = name
    self.data = data
  }
}

/// The error response of a request, as `application/problem+json` (RFC 9457).
package struct APIProblem: Error, Hashable, Sendable {
  package let status: Int
  /// A stable word for programs.
  package let code: String
  /// One sentence; safe to show.
  package let detail: String
  package let field: String?
  package let hint: String?
  package let retryAfterSeconds: Int?
  /// Additional members of the problem, by name.
  package let more: [String: Value]

  package init(
    _ status: Int, _ code: String, _ detail: String, field: String? = nil, hint: String? = nil,
    retryAfterSeconds: Int? = nil, more: [String: Value] = [:]
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.field = field
    self.hint = hint
    self.retryAfterSeconds = retryAfterSeconds
    self.more = more
  }
}
