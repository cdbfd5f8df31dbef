import Dispatch
import Gateway
import Glibc
import HTTP
import Logging
import Testing

@Suite(.timeLimit(.minutes(1))) struct WebhookRouteTests {
  /// Answers with what it was handed, after `pause`.
  private static func echo(maxBytes: Int = 100, pause: Duration = .zero) -> WebhookRoute {
    WebhookRoute(
      path: "hooks/echo", maxBytes: maxBytes, bodyDeadline: .milliseconds(300),
      handlerDeadline: .milliseconds(300)
    ) { request in
      if pause > .zero {
        do {
          try await Task.sleep(for: pause)
        } catch {
          return WebhookAnswer(status: 500, json: #"{"cancelled":true}"#)
        }
      }
      let text = String(decoding: request.body, as: UTF8.self)
      return WebhookAnswer(
        status: 200, json: "\(request.header("X-Mark") ?? "none") \(text)", retryAfterSeconds: 7)
    }
  }

  private func serving(_ route: WebhookRoute, _ body: (_ port: Int) async throws -> Void) async throws {
    let server = GatewayServer(
      address: .tcp(host: "127.0.0.1", port: 0), metrics: { "" }, health: HealthChecks(alive: [], ready: []),
      webhooks: [route], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (addresses, listening) = AsyncStream<ListenAddress>.makeStream()
    let (stops, stop) = AsyncStream<Never>.makeStream()
    async let run: Void = server.run(listening: { listening.yield($0) }, until: { for await _ in stops {} })
    let result: Result<Void, any Error>
    do {
      guard case .tcp(_, let port)? = await addresses.first(where: { _ in true }) else { return }
      result = .success(try await body(port))
    } catch {
      result = .failure(error)
    }
    stop.finish()
    try await run
    try result.get()
  }

  @Test("Passes the raw body and the headers by any case")
  func passesTheRawBodyAndTheHeadersByAnyCase() async throws {
    try await serving(Self.echo()) { port in
      let client = HTTPClient()
      defer { client.shutdown() }
      var request = HTTPRequest(.post, "http://127.0.0.1:\(port)/hooks/echo")
      request.body = Array("a \r\n ü".utf8)
      request.add("x-mArK", "m")
      let answer = try await client.send(request)
      #expect(answer.status == 200 && answer.text == "m a \r\n ü")
      #expect(answer.headers["retry-after"] == "7" && answer.headers["cache-control"] == "no-store")
      #expect(try await client.send(HTTPRequest(.get, request.url)).status >= 404)
      #expect(try await client.send(HTTPRequest(.post, request.url + "/more")).status == 404)
    }
  }

  @Test("Accepts bodies up to the limit, with and without a length", arguments: [(100, 200), (101, 413)])
  func acceptsBodiesUpToTheLimitWithAndWithout(bytes: Int, status: Int) async throws {
    try await serving(Self.echo()) { port in
      let body = String(repeating: "x", count: bytes)
      let answer = try await Self.answer(port, "Content-Length: \(bytes)\r\n\r\n\(body)")
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      let chunked = "Transfer-Encoding: chunked\r\n\r\n\(String(bytes, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
      let untold = try await Self.answer(port, chunked)
      #expect(untold.hasPrefix("HTTP/1.1 \(status) "), "\(untold)")
    }
  }

  @Test("Ends both a slow sender and a slow handler")
  func endsBothASlowSenderAndASlowHandler() async throws {
    try await serving(Self.echo()) { port in
      let answer = try await Self.answer(port, "Content-Length: 10\r\n\r\nx")
      #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    }
    try await serving(Self.echo(pause: .seconds(20))) { port in
      let answer = try await Self.answer(port, "Content-Length: 1\r\n\r\nx")
      #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("Retry-After: 30"), "\(answer)")
    }
  }

  /// What comes back on a connection of its own, up to the end of the answer's head. Waits on a thread of its
  /// own: the server needs those of this process's tasks.
  private static func answer(_ port: Int, _ rest: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try exchange(port, rest) })
      }
    }
  }

  private static func exchange(_ port: Int, _ rest: String) throws -> String {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(connection) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
    let request = Array("POST /hooks/echo HTTP/1.1\r\nHost: localhost\r\n\(rest)".utf8)
    try #require(send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
    var (answer, piece): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
    while !String(decoding: answer, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { break }
      answer += piece[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }
}
