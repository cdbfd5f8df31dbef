internal import HTTPTypes
internal import Hummingbird
package import Logging
internal import Model
internal import NIOCore

/// The HTTP server of `/metrics`, `/healthz` and `/readyz`, which accept GET and HEAD and read no body, and
/// of webhooks, which accept POST. It authenticates no client.
package struct GatewayServer: Sendable {
  private static let limits = ListenerLimits(connections: 128, idle: .seconds(15), body: .seconds(30))
  private static let exposition = "text/plain; version=0.0.4; charset=utf-8"

  private let address: ListenAddress
  private let metrics: @Sendable () -> String
  private let health: HealthChecks
  private let webhooks: [WebhookRoute]
  private let logger: Logger

  package init(
    address: ListenAddress, metrics: @escaping @Sendable () -> String, health: HealthChecks,
    webhooks: [WebhookRoute] = [], logger: Logger
  ) {
    self.address = address
    self.metrics = metrics
    self.health = health
    self.webhooks = webhooks
    self.logger = logger
  }

  /// Serves until `stop` returns, then waits up to a second for running requests.
  /// - Parameters:
  ///   - listening: Called once, with the server's address.
  ///   - stop: Returns when the server is to end.
  /// - Throws: `GatewayError` when it cannot listen on the address.
  package func run(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws(GatewayError) {
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask { await health.run() }
      defer { group.cancelAll() }
      return await serve(listening: listening, until: stop)
    }
    try result.get()
  }

  private func serve(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async -> Result<Void, GatewayError> {
    do throws(GatewayError) {
      return .success(
        try await Listener(
          address: address, responder: router.buildResponder(), limits: GatewayServer.limits, identity: nil,
          flag: "--listen", logger: logger
        ).run(listening: listening, until: stop))
    } catch {
      return .failure(error)
    }
  }

  private var router: Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.get("metrics") { _, _ in GatewayServer.response(.ok, GatewayServer.exposition, metrics()) }
    router.get("healthz") { _, _ in GatewayServer.response(to: await health.liveness()) }
    router.get("readyz") { _, _ in GatewayServer.response(to: await health.readiness()) }
    for webhook in webhooks {
      router.post(RouterPath(webhook.path)) { request, _ in
        await GatewayServer.response(to: request, of: webhook)
      }
    }
    return router
  }

  private static func response(to report: HealthChecks.Report) -> Response {
    response(report.isHealthy ? .ok : .serviceUnavailable, "application/json", report.json)
  }

  private static func response(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: type, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
