/// A path that another system sends news to, and who takes them. The server proves nothing about the sender: the handler
/// is given the raw bytes for that.
package struct WebhookRoute: Sendable {
  /// Without a slash at its beginning, such as `webhooks/stripe`.
  package let path: String
  /// Longer bodies are answered with 413 and never handed over.
  package let mostBytes: Int
  /// How long a sender may take for its body: 408 after that.
  package let bodyDeadline: Duration
  /// How long the handler may take: it is cancelled then, and the sender told to come again (503).
  package let handlerDeadline: Duration
  package let handler: @Sendable (WebhookRequest) async -> WebhookAnswer

  package init(
    path: String, mostBytes: Int = 1 << 20, bodyDeadline: Duration = .seconds(10),
    handlerDeadline: Duration = .seconds(25),
    handler: @escaping @Sendable (WebhookRequest) async -> WebhookAnswer
  ) {
    self.path = path
    self.mostBytes = mostBytes
    self.bodyDeadline = bodyDeadline
    self.handlerDeadline = handlerDeadline
    self.handler = handler
  }
}

/// One delivery as it arrived.
package struct WebhookRequest: Sendable {
  package let body: [UInt8]
  private let headers: [String: String]

  /// - Parameter headers: by name in lower case.
  package init(body: [UInt8], headers: [String: String]) {
    self.body = body
    self.headers = headers
  }

  /// - Parameter name: in any case.
  package func header(_ name: String) -> String? { headers[name.lowercased()] }
}

package struct WebhookAnswer: Sendable, Hashable {
  /// Of HTTP.
  package let status: Int
  /// A JSON object.
  package let json: String
  /// After how many seconds the sender is asked to come again; nil: it need not.
  package let retryAfterSeconds: Int?

  package init(status: Int, json: String, retryAfterSeconds: Int? = nil) {
    self.status = status
    self.json = json
    self.retryAfterSeconds = retryAfterSeconds
  }

  static let tooLate = WebhookAnswer(
    status: 503, json: #"{"error":"this took too long; send it again"}"#, retryAfterSeconds: 30)
  static let tooSlow = WebhookAnswer(status: 408, json: #"{"error":"the body did not come in time"}"#)
  static let tooLong = WebhookAnswer(status: 413, json: #"{"error":"the body is too long"}"#)
  static let broken = WebhookAnswer(status: 400, json: #"{"error":"the body broke off"}"#)
}
