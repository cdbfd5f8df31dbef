import ControlPlane
import Gateway
import Model

/// One call of the API.
struct APICall: Sendable {
  let method: APIRoute.Method
  /// `/api/v1/…`, each part encoded.
  let path: String
  /// Sorted by name.
  var query: [(name: String, value: String)] = []
  var body: Value?
  /// How long the answer may take.
  var patience = Duration.seconds(60)

  init(_ method: APIRoute.Method, _ path: String) {
    self.method = method
    self.path = path
  }

  /// An operation with its parameters: those that stand in braces in the path, and the rest as query.
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

  /// Path and query as they stand in a request.
  var target: String {
    guard !query.isEmpty else { return path }
    return path + "?"
      + query.map { "\(PercentText.encoded($0.name))=\(PercentText.encoded($0.value))" }.joined(
        separator: "&")
  }
}

/// Carries calls to a server and answers back.
protocol APITransport: Sendable {
  /// - Throws: what the server refused, in its words; and that it could not be reached.
  func send(_ call: APICall) async throws(CommandFailure) -> Value
  /// Each event to `take` as it comes, until the server ends the stream or `take` answers with what was waited for.
  /// - Returns: nil where the stream ended, or broke, before that.
  func follow<Output: Sendable>(
    _ call: APICall, _ take: @Sendable (APIEvent) -> Output?
  ) async throws(CommandFailure) -> Output?
}

/// Text in paths and queries.
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
