package import Model

/// One operation of the HTTP API: what it is, for those who read `/openapi.json`, who may ask for it, and who does it. The
/// server checks the caller, reads and bounds the body, and hands over values.
package struct APIRoute: Sendable {
  package enum Method: String, Hashable, Sendable {
    case get, post, put, delete
  }

  package let method: Method
  /// With its parameters in braces: `/api/v1/jobs/{job}`.
  package let path: String
  /// Its `operationId`: `submitJob`.
  package let name: String
  /// One line.
  package let summary: String
  /// Who may; empty: everybody, without a token. An admin always may.
  package let roles: Set<APIRole>
  package let parameters: [APIParameter]
  /// Nil: it takes no body.
  package let body: APIBody?
  /// What it answers when all is well, and by which status.
  package let answer: APIAnswer
  /// Statuses that tell a problem, beside those that any operation may answer (400, 401, 403, 404, 408, 413, 429, 500, 503).
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

/// What a token lets its bearer do.
package enum APIRole: String, Hashable, Sendable, CaseIterable {
  /// Reads everything that operators read.
  case viewer
  /// Changes the world as the CLI does.
  case `operator`
  /// Orders jobs for one account and sees no other's.
  case creator
  /// Is the worker of one node.
  case node
  /// Everything, tokens too.
  case admin
}

/// Who asks.
package struct APIPrincipal: Hashable, Sendable {
  /// Of the token, for logs and audit; never the token itself.
  package let name: String
  package let role: APIRole
  /// The account of a creator, the node of a node; nil for others.
  package let subject: String?

  package init(name: String, role: APIRole, subject: String?) {
    self.name = name
    self.role = role
    self.subject = subject
  }
}

package struct APIParameter: Hashable, Sendable {
  package enum Place: String, Hashable, Sendable { case path, query, header }

  package let name: String
  package let place: Place
  package let summary: String
  /// JSON Schema of its value.
  package let schema: Value
  package let isRequired: Bool

  package init(_ name: String, _ place: Place, _ summary: String, schema: Value, isRequired: Bool = false) {
    self.name = name
    self.place = place
    self.summary = summary
    self.schema = schema
    self.isRequired = isRequired
  }
}

package struct APIBody: Hashable, Sendable {
  /// JSON Schema.
  package let schema: Value
  package let mostBytes: Int

  package init(schema: Value, mostBytes: Int = 1 << 20) {
    self.schema = schema
    self.mostBytes = mostBytes
  }
}

package struct APIAnswer: Hashable, Sendable {
  package let status: Int
  package let summary: String
  /// JSON Schema; nil: no body.
  package let schema: Value?
  /// Whether it may be asked for as `text/event-stream` too.
  package let streams: Bool

  package init(_ status: Int = 200, _ summary: String, schema: Value?, streams: Bool = false) {
    self.status = status
    self.summary = summary
    self.schema = schema
    self.streams = streams
  }
}

/// A request that passed all checks that the route's description implies: required parameters are there and fit their
/// schemas, the body is JSON of bounded size and depth.
package struct APIRequest: Sendable {
  /// For logs and answers.
  package let id: String
  package let principal: APIPrincipal
  /// Of path, query and header (names in lower case) alike, decoded.
  package let parameters: [String: String]
  package let body: Value?
  /// The caller prefers a stream of events.
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
  /// `application/json` that is text already.
  case text(Int, String)
  /// Server-sent events until the sequence or the connection ends; when the caller goes, the sequence's task is cancelled.
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

/// Why a request was not done, as `application/problem+json` (RFC 9457).
package struct APIProblem: Hashable, Sendable {
  package let status: Int
  /// A stable word for programs.
  package let code: String
  /// One sentence, safe to show.
  package let detail: String
  package let field: String?
  package let hint: String?
  package let retryAfterSeconds: Int?
  /// Members of this problem's own, by name, beside those above.
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
