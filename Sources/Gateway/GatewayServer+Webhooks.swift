internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension GatewayServer {
  /// Reads the body within the route's limits and calls the handler.
  static func response(to request: Request, of route: WebhookRoute) async -> Response {
    let limit = route.maxBytes
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      return response(.tooLong)
    }
    let collected = await within(route.bodyDeadline) { await body(of: request, upTo: limit) }
    switch collected {
    case nil: return response(.tooSlow)
    case .failure(let answer)?: return response(answer)
    case .success(let bytes)?:
      let delivery = WebhookRequest(body: bytes, headers: headers(of: request))
      return response(await within(route.handlerDeadline) { await route.handler(delivery) } ?? .tooLate)
    }
  }

  private enum Body: Sendable {
    case success([UInt8])
    case failure(WebhookAnswer)
  }

  private static func body(of request: Request, upTo limit: Int) async -> Body {
    do {
      let buffer = try await request.body.collect(upTo: limit)
      return .success(Array(buffer.readableBytesView))
    } catch is NIOTooManyBytesError {
      return .failure(.tooLong)
    } catch {
      return .failure(.broken)
    }
  }

  /// Several lines of one name are joined into a list.
  private static func headers(of request: Request) -> [String: String] {
    var headers: [String: String] = [:]
    for field in request.headers {
      let name = field.name.canonicalName
      headers[name] = headers[name].map { "\($0), \(field.value)" } ?? field.value
    }
    return headers
  }

  /// Returns nil after the limit; cancels the work and waits for it then.
  private static func within<Output: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async -> Output
  ) async -> Output? {
    await withTaskGroup(of: Output?.self) { group in
      group.addTask { await work() }
      group.addTask {
        try? await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private static func response(_ answer: WebhookAnswer) -> Response {
    var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    if let seconds = answer.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
    return Response(
      status: HTTPResponse.Status(code: answer.status), headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.json)))
  }
}
