package import Gateway
package import Model

/// A question about what is there, or a small order, that is answered where the state is: by this process, or by a server
/// that it is sent to. Both tell the same values, so what is printed of them is the same.
package protocol Query: Sendable {
  associatedtype Answer: JSONRepresentable

  /// How it is asked over HTTP.
  static var operation: QueryOperation { get }
  /// What it was asked with; the request's parameters and body fit `operation`.
  init(_ request: APIRequest) throws
  /// Of path and query, by name; those that were given.
  var parameters: [String: String] { get }
  var body: Value? { get }

  /// - Throws: `OperationError` with what people are told, and what the store or the database throws.
  func answer(in session: Session) async throws -> Answer
}

extension Query {
  package var body: Value? { nil }
}

/// An inquiry as the API describes it.
package struct QueryOperation: Sendable {
  package let method: APIRoute.Method
  package let path: String
  package let name: String
  package let summary: String
  package var roles: Set<APIRole> = [.viewer, .operator]
  package var parameters: [APIParameter] = []
  package var body: APIBody?
  /// What the answer is, in words and as JSON Schema.
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

/// Whoever answers inquiries.
package protocol QueryClient: Sendable {
  func ask<Question: Query>(_ question: Question) async throws -> Question.Answer
}

/// This process, on a state that it opened.
package struct LocalQueryClient: QueryClient {
  package let session: Session

  package init(session: Session) { self.session = session }

  package func ask<Question: Query>(_ question: Question) async throws -> Question.Answer {
    try await question.answer(in: session)
  }
}

extension APIParameter {
  package static let environment = APIParameter(
    "environment", .query, "Needed only where the state holds several.", schema: WireSchema.name)

  /// - Parameter most: the greatest number that is taken.
  package static func limit(_ most: Int64) -> APIParameter {
    APIParameter("limit", .query, "How many at most.", schema: WireSchema.integer(1...most))
  }
}
