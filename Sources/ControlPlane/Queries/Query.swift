package import Gateway
package import Model

/// A question about a state, or a small order. This process answers it on a state that it opened, or a server
/// does. Both answers are equal, so commands print the same text.
package protocol Query: Sendable {
  /// The part of a state that the answer is read from.
  associatedtype Context: QueryContext
  associatedtype Answer: JSONRepresentable

  /// The HTTP operation of the query.
  static var operation: QueryOperation { get }
  /// Decodes a request, whose parameters and body are valid for `operation`.
  init(_ request: APIRequest) throws
  /// Parameters of the path and the query string by name. Omits unset ones.
  var parameters: [String: String] { get }
  var body: Value? { get }

  /// - Throws: an `OperationError`, or an error of the store or the database.
  func answer(in context: Context) async throws -> Answer
}

extension Query {
  package var body: Value? { nil }
}

/// The description of a query in the API.
package struct QueryOperation: Sendable {
  package let method: APIRoute.Method
  package let path: String
  package let name: String
  package let summary: String
  package let roles: Set<APIRole>
  package let parameters: [APIParameter]
  package let body: APIBody?
  /// The answer in words and as JSON Schema.
  package let answer: (summary: String, schema: Value)

  package init(
    _ method: APIRoute.Method, _ path: String, name: String, _ summary: String,
    roles: Set<APIRole> = [.viewer, .operator], parameters: [APIParameter] = [], body: APIBody? = nil,
    answer: (summary: String, schema: Value)
  ) {
    self.method = method
    self.path = "/api/v1/" + path
    self.name = name
    self.summary = summary
    self.roles = roles
    self.parameters = parameters
    self.body = body
    self.answer = answer
  }
}

/// Answers queries.
package protocol QueryClient: Sendable {
  func send<Request: Query>(_ query: Request) async throws -> Request.Answer
}

/// Answers queries on a state that this process opened.
package struct LocalQueryClient: QueryClient {
  private let state: StateSession

  package init(_ state: StateSession) { self.state = state }

  package func send<Request: Query>(_ query: Request) async throws -> Request.Answer {
    try await query.answer(in: Request.Context(state))
  }
}

extension APIParameter {
  package static let environment = APIParameter(
    "environment", .query, "Required only if the state has several.", schema: WireSchema.name)

  package static func limit(max: Int64) -> APIParameter {
    APIParameter("limit", .query, "The maximum number of records.", schema: WireSchema.integer(in: 1...max))
  }
}
