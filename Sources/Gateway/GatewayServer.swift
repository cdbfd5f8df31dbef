internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// The HTTP server with `/metrics`, `/healthz` and `/readyz`, which answer GET and HEAD and read no body, and with the
/// webhooks that it is handed, which answer POST. It knows nobody.
package struct GatewayServer: Sendable {
  /// Connections at once; further ones wait in the kernel.
  private static let mostConnections = 128
  /// How long a connection may be silent, also before its first request is complete.
  private static let idleLimit = TimeAmount.seconds(15)
  private static let headerLimits = HTTP1Channel.Configuration.DecoderConfiguration(
    maxHeaderFieldSize: 8192, maxHeaderListSize: 16_384, maxHeaderFieldCount: 64)
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

  /// Serves until `stop` ends, then lets requests under way finish, at most for a second.
  /// - Parameters:
  ///   - listening: told once, with the address it is reached at.
  ///   - stop: returns when it is time to end.
  /// - Throws: `GatewayError` when it cannot listen there.
  package func run(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws(GatewayError) {
    let application = Application(
      router: router, server: .http1(configuration: configuration),
      configuration: ApplicationConfiguration(
        address: bindAddress, serverName: "rendertrust",
        availableConnectionsDelegate: MaximumAvailableConnections(GatewayServer.mostConnections)),
      onServerRunning: { channel in listening(bound(channel)) }, logger: logger)
    let services = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [application], logger: logger))
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        group.addTask {
          await stop()
          await services.triggerGracefulShutdown()
          try? await Task.sleep(for: .seconds(1))
        }
        _ = try await group.next()
        group.cancelAll()
      }
    } catch is CancellationError {
      return
    } catch {
      throw GatewayError(error, at: address)
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
    response(report.isWell ? .ok : .serviceUnavailable, "application/json", report.json)
  }

  private static func response(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: type, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  private var configuration: HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      idleTimeout: GatewayServer.idleLimit, httpDecoderConfiguration: GatewayServer.headerLimits)
  }

  private var bindAddress: BindAddress {
    switch address {
    case .tcp(let host, let port): .hostname(host, port: port)
    case .unix(let path): .unixDomainSocket(path: path)
    }
  }

  /// The address with the port that was given by the kernel.
  private func bound(_ channel: any Channel) -> ListenAddress {
    guard case .tcp(let host, 0) = address, let port = channel.localAddress?.port else { return address }
    return .tcp(host: host, port: port)
  }
}

/// A server that could not begin to listen.
package struct GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A stable word for programs, such as `gateway.in-use`.
  package let code: String
  package let message: String
  package let hint: String

  package var description: String { "\(message); \(hint)" }

  init(_ error: any Error, at address: ListenAddress) {
    let number = (error as? IOError)?.errnoCode
    switch number {
    case EADDRINUSE:
      code = "gateway.in-use"
      message = "cannot listen on \(address): something else listens there"
      hint = "give another address with --listen, or stop what listens there"
    case EACCES, EPERM:
      code = "gateway.denied"
      message = "cannot listen on \(address): permission denied"
      hint = "give a port above 1023 or a folder that this user may write to"
    case EADDRNOTAVAIL:
      code = "gateway.no-address"
      message = "cannot listen on \(address): this machine has no such address"
      hint = "give one of its own addresses, such as 127.0.0.1:9464"
    default:
      code = "gateway.failed"
      message = "cannot listen on \(address): \(error)"
      hint = "give another address with --listen"
    }
  }
}
