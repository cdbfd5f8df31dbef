internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import Model
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle

/// Listens on one address and passes each request to a responder.
struct Listener<Responder: HTTPResponder>: Sendable
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
  let address: ListenAddress
  let responder: Responder
  let limits: ListenerLimits
  /// Nil for plain HTTP/1.1. Otherwise HTTP/2 and HTTP/1.1 over TLS, as the client chooses.
  let identity: TLSIdentity?
  /// The program's option that sets the address, for errors.
  let flag: String
  let logger: Logger

  /// Serves until `stop` returns, then waits up to a second for running requests.
  /// - Parameters:
  ///   - listening: Called once, with the server's address.
  ///   - stop: Returns when the server is to end.
  /// - Throws: `GatewayError` when it cannot listen on the address.
  func run(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws(GatewayError) {
    let application = Application(
      responder: responder, server: server,
      configuration: ApplicationConfiguration(
        address: bindAddress, serverName: "rendertrust", backlog: limits.backlog,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
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
      throw GatewayError(error, at: address, flag: flag)
    }
  }

  private var server: HTTPServerBuilder {
    let limits = limits
    let channel = HTTP1Channel.Configuration(
      additionalChannelHandlers: [RequestClock(limits)], idleTimeout: TimeAmount(limits.idle),
      httpDecoderConfiguration: limits.headers)
    guard let identity else { return .http1(configuration: channel) }
    return HTTPServerBuilder { responder in
      HandshakeTimed(
        inner: try HTTP2UpgradeChannel(
          tlsConfiguration: identity.configuration,
          configuration: HTTP2ChannelConfiguration(
            idleTimeout: limits.idle, gracefulCloseTimeout: .seconds(1), streamConfiguration: channel),
          responder: responder), limit: limits.handshake)
    }
  }

  private var bindAddress: BindAddress {
    switch address {
    case .tcp(let host, let port): .hostname(host, port: port)
    case .unix(let path): .unixDomainSocket(path: path)
    }
  }

  /// The address with the port that the kernel chose.
  private func bound(_ channel: any Channel) -> ListenAddress {
    guard case .tcp(let host, 0) = address, let port = channel.localAddress?.port else { return address }
    return .tcp(host: host, port: port)
  }
}

/// The limits of connections.
struct ListenerLimits: Sendable {
  /// Concurrent connections; further ones wait in the kernel.
  var connections: Int
  /// The maximum number of waiting connections.
  var backlog = 256
  /// The maximum idle time of a connection, also before the headers of a request are complete.
  var idle: Duration
  /// The timeout of the TLS handshake.
  var handshake = Duration.seconds(10)
  /// The timeout of a request's body, from the headers to its end.
  var body: Duration
  /// How long a client may leave sent bytes unread.
  var unread = Duration.seconds(30)
  /// How long a connection stays open after its last response, so that the client can read it.
  let linger = Duration.seconds(3)
  var headers = HTTP1Channel.Configuration.DecoderConfiguration(
    maxHeaderFieldSize: 8192, maxHeaderListSize: 16_384, maxHeaderFieldCount: 64)
}
