package import HTTPSupport

/// Answers on loopback as Stripe's reference describes it: the key, one price, a session's line items in
/// pages, errors. Answers in `script` come first, one for each request.
package final class StripeStandIn: Sendable {
  package typealias Answer = HTTPStandIn.Answer
  package typealias Request = HTTPStandIn.Request

  private let server: HTTPStandIn

  /// - Parameters:
  ///   - sessions: ids of line items by session.
  ///   - items: JSON of line items by id, where they are not the sample.
  ///   - prices: JSON by id.
  package init(
    key: String, sessions: [String: [String]] = [:], items: [String: String] = [:],
    prices: [String: String] = [:], script: [Answer] = []
  ) throws {
    let reference = StripeReference(key: key, sessions: sessions, items: items, prices: prices)
    server = try HTTPStandIn(script.map(StripeStandIn.said)) { StripeStandIn.said(reference.answer($0)) }
  }

  package var port: Int { server.port }
  package var address: String { server.address }
  package var requests: [Request] { server.requests }

  /// Stops accepting; open connections end with their clients.
  package func stop() { server.stop() }

  /// As Stripe says it: JSON, also where it is an error.
  private static func said(_ answer: Answer) -> Answer {
    guard case .status(let status, let headers, let body) = answer else { return answer }
    return .status(
      status, headers: ["Content-Type: application/json"] + headers,
      body: body.isEmpty ? #"{"error":{"type":"api_error"}}"# : body)
  }
}

/// What there is at Stripe.
private struct StripeReference: Sendable {
  let key: String
  let sessions: [String: [String]]
  let items: [String: String]
  let prices: [String: String]

  func answer(_ request: HTTPStandIn.Request) -> HTTPStandIn.Answer {
    func failure(_ status: Int, _ code: String, _ message: String) -> HTTPStandIn.Answer {
      .status(
        status, headers: ["Request-Id: req_\(code)"],
        body: #"{"error":{"type":"invalid_request_error","code":"\#(code)","message":"\#(message)"}}"#)
    }
    let given = request.headers["authorization"] ?? ""
    guard given == "Bearer \(key)" else { return failure(401, "api_key_invalid", "Invalid key: \(given)") }
    guard request.line.hasPrefix("GET ") else { return failure(405, "method_not_allowed", "only GET") }
    let parts = request.target.split(separator: "?")
    let names = parts[0].split(separator: "/").map(String.init)
    let query = Dictionary(
      (parts.count > 1 ? parts[1] : "").split(separator: "&").map {
        $0.split(separator: "=").map(String.init)
      }
      .map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
    if names.count == 3, names.prefix(2) == ["v1", "prices"], let price = prices[names[2]] {
      return .status(200, body: price)
    }
    guard names.count == 5, names.prefix(3) == ["v1", "checkout", "sessions"], names[4] == "line_items",
      let list = sessions[names[3]]
    else { return failure(404, "resource_missing", "No such thing: '\(names.last ?? "")'") }
    guard let limit = query["limit"].flatMap({ Int($0) }), (1...100).contains(limit) else {
      return failure(400, "parameter_invalid_integer", "limit")
    }
    var start = 0
    if let cursor = query["starting_after"] {
      guard let index = list.firstIndex(of: cursor) else {
        return failure(400, "resource_missing", "cursor")
      }
      start = index + 1
    }
    let page = list[start...].prefix(limit)
    let elements = page.map { id in
      items[id] ?? SampleEvents.lineItem.replacing(#""id":"li_1""#, with: #""id":"\#(id)""#)
    }
    return .status(
      200, body: SampleEvents.list(elements.joined(separator: ","), hasMore: page.endIndex < list.endIndex))
  }
}
