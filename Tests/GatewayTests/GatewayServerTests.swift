import Gateway
import Glibc
import HTTP
import Logging
import Model
import Testing

@Suite(.timeLimit(.minutes(1))) struct GatewayServerTests {
  private let client = HTTPClient()

  private static func server(_ address: ListenAddress, isReady: Bool = true) -> GatewayServer {
    GatewayServer(
      address: address, metrics: { "a_metric 1\n" },
      health: HealthChecks(
        alive: [], ready: [("state", { isReady ? nil : "refused" })], limit: .seconds(60)),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Runs a server while `body` speaks to it, and lets it stop.
  private func serving(
    _ server: GatewayServer, _ body: (ListenAddress) async throws -> Void
  ) async throws {
    let (addresses, listening) = AsyncStream<ListenAddress>.makeStream()
    let (stops, stop) = AsyncStream<Never>.makeStream()
    async let run: Void = server.run(listening: { listening.yield($0) }, until: { for await _ in stops {} })
    let address = await addresses.first { _ in true }
    do {
      try await body(try #require(address))
    } catch {
      stop.finish()
      throw error
    }
    stop.finish()
    try await run
  }

  @Test("Serves over TCP, keeps the connection and stops")
  func servesOverTCPKeepsTheConnectionAndStops() async throws {
    try await serving(Self.server(.tcp(host: "127.0.0.1", port: 0))) { address in
      guard case .tcp(_, let port) = address else { return }
      #expect(port != 0, "the port that the kernel chose is reported")
      let metrics = try await client.send(HTTPRequest(.get, "http://\(address)/metrics"))
      #expect(metrics.status == 200 && metrics.text == "a_metric 1\n")
      #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(metrics.headers["cache-control"] == "no-store")
      #expect(try await client.send(HTTPRequest(.get, "http://\(address)/healthz")).status == 200)
      #expect(try await client.send(HTTPRequest(.head, "http://\(address)/readyz")).status == 200)
      #expect(try await client.send(HTTPRequest(.get, "http://\(address)/other")).status == 404)
      #expect(try await client.send(HTTPRequest(.post, "http://\(address)/metrics")).status != 200)
    }
  }

  @Test("Serves over a Unix socket, and reports why it is not ready")
  func servesOverAUnixSocketAndReportsWhy() async throws {
    let path = "/tmp/rendertrust-gateway-\(getpid()).sock"
    defer { unlink(path) }
    try await serving(Self.server(.unix(path: path), isReady: false)) { _ in
      let ready = try await client.send(HTTPRequest(.get, "http://localhost/readyz", unixSocket: path))
      #expect(ready.status == 503 && ready.text.contains(#""reason":"state: refused""#))
      #expect(ready.headers["content-type"] == "application/json")
      #expect(
        try await client.send(HTTPRequest(.get, "http://localhost/healthz", unixSocket: path)).status == 200)
    }
  }

  @Test("Rejects headers beyond the limits and continues")
  func rejectsHeadersBeyondTheLimitsAndContinues() async throws {
    try await serving(Self.server(.tcp(host: "127.0.0.1", port: 0))) { address in
      var request = HTTPRequest(.get, "http://\(address)/metrics")
      request.add("X-Long", String(repeating: "x", count: 20_000))
      let status = try? await client.send(request).status
      #expect(status ?? 400 >= 400, "closed or refused, not served")
      let next = try await client.send(HTTPRequest(.get, "http://\(address)/metrics"))
      #expect(next.status == 200)
    }
  }

  @Test("Reports an address that is in use") func reportsAnAddressThatIsInUse() async throws {
    try await serving(Self.server(.tcp(host: "127.0.0.1", port: 0))) { address in
      let error = await #expect(throws: GatewayError.self) {
        try await Self.server(address).run(
          listening: { _ in },
          until: {
            // Until it is cancelled.
            for await _ in AsyncStream(Void.self, { _ in }) {}
          })
      }
      #expect(error?.qualifiedCode == "gateway.in-use", "\(error?.description ?? "")")
      #expect(error?.description.contains("\(address)") ?? false)
    }
  }
}
