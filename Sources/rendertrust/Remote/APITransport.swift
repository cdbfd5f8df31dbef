import ControlPlane
import Gateway
import HTTP
import Model

/// A request to the API of a server.
struct APICall: Sendable {
  let method: APIRoute.Method
  /// `/api/v1/…`, percent-encoded.
  let path: String
  /// Sorted by name.
  var query: [(name: String, value: String)] = []
  var body: Value?
  /// Until the end of the response.
  var timeout = Duration.seconds(60)

  init(_ method: APIRoute.Method, _ path: String) {
    self.method = method
    self.path = path
  }

  /// - Parameter parameters: replace `{name}` in the template; the others become the query.
  init(
    _ method: APIRoute.Method, _ template: String, parameters: [String: String], body: Value? = nil
  ) {
    var rest = parameters
    let parts = template.split(separator: "/", omittingEmptySubsequences: false).map { part -> String in
      guard part.hasPrefix("{"), part.hasSuffix("}") else { return String(part) }
      return PercentEncoding.encode(rest.removeValue(forKey: String(part.dropFirst().dropLast())) ?? "")
    }
    self.init(method, parts.joined(separator: "/"))
    query = rest.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.body = body
  }

  /// Path and query of the request.
  var target: String {
    guard !query.isEmpty else { return path }
    return path + "?"
      + query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(
        separator: "&")
  }
}

/// Sends calls to a server.
protocol APITransport: Sendable {
  /// - Throws: the error of the server, or `unavailable` if it cannot be reached.
  func send(_ call: APICall) async throws(CommandFailure) -> Value
  /// Passes each event to `process` until it returns a value or the stream ends.
  /// - Returns: nil if the stream ended or broke first.
  func follow<Output: Sendable>(
    _ call: APICall, _ process: @Sendable (APIEvent) -> Output?
  ) async throws(CommandFailure) -> Output?
}
