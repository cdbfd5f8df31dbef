import ControlPlane
import Gateway
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
      return PercentText.encoded(rest.removeValue(forKey: String(part.dropFirst().dropLast())) ?? "")
    }
    self.init(method, parts.joined(separator: "/"))
    query = rest.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.body = body
  }

  /// Path and query of the request.
  var target: String {
    guard !query.isEmpty else { return path }
    return path + "?"
      + query.map { "\(PercentText.encoded($0.name))=\(PercentText.encoded($0.value))" }.joined(
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

/// Percent encoding of text in paths and queries.
enum PercentText {
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126: bytes.append(byte)
      default: bytes += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
