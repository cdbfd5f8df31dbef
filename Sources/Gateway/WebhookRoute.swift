/// A path to which another system sends events, with its handler. The server does not authenticate the
/// sender; the handler gets the raw bytes for that.
package struct WebhookRoute: Sendable {
  /// Without a leading slash, such as `webhooks/stripe`.
  package let path: String
  /// Longer bodies are rejected with 413.
  package let maxBytes: Int
  /// The timeout of the body; 408 after that.
  package let bodyDeadline: Duration
  /// The timeout of the handler; it is cancelled then, and the response is 503.
  package let handlerDeadline: Duration
  package let handler: @Sendable (WebhookRequest) async -> WebhookAnswer

  package init(
    path: String, maxBytes: Int = 1 << 20, bodyDeadline: Duration = .seconds(10),
    handlerDeadline: Duration = .seconds(25),
    handler: @escaping @Sendable (WebhookRequest) async -> WebhookAnswer
  ) {
    self.path = path
    self.maxBytes = maxBytes
    self.bodyDeadline = bodyDeadline
    self.handlerDeadline = handlerDeadline
    self.handler = handler
  }
}

/// One delivery as it arrived.
package struct WebhookRequest: Sendable {
  package let body: [UInt8]
  private let headers: [String: String]

  /// - Parameter headers: By name in lower case.
  package init(body: [UInt8], headers: [String: String]) {
    self.body = body
    self.headers = headers
  }

  /// - Parameter name: In any case.
  package func header(_ name: String) -> String? { headers[name.lowercased()] }
}

package struct WebhookAnswer: Sendable, Hashable {
  /// The HTTP status.
  package let status: Int
  /// A JSON object.
  package let json: String
  /// The value of `Retry-After`; nil for none.
  package let retryAfterSeconds: Int?

  package init(status: Int, json: String, retryAfterSeconds: Int? = nil) {
    self.status = status
    self.json = json
    self.retryAfterSeconds = retryAfterSeconds
  }

  static let tooLate = WebhookAnswer(
    status: 503, json: #"{"error":"this took too long; send it again"}"#, retryAfterSeconds: 30)
  static let tooSlow = WebhookAnswer(status: 408, json: #"{"error":"the body was not received in time"}"#)
  static let tooLong = WebhookAnswer(status: 413, json: #"{"error":"the body is too long"}"#)
  static let broken = WebhookAnswer(status: 400, json: #"{"error":"the body ended early"}"#)
}
