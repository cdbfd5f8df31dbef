package import Gateway
package import Logging
import Model
package import Reconciling

/// The API of a server.
package struct APIService: Sendable {
  package let settings: APISettings
  package let tokens: TokenService
  package let time: TimeSource
  package let logger: Logger
  package let routes: [APIRoute]
  /// Writes a line to standard output; returns whether it was written.
  package let write: @Sendable (String) -> Bool

  /// Serves until `stop` ends.
  package func run(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws(GatewayError) {
    let server = APIServer(
      address: settings.address, identity: settings.identity, routes: routes, tokens: tokens,
      limits: settings.limits, time: time, accessLog: settings.accessLog == .on ? logger : nil,
      logger: logger.forFramework)
    try await server.run(listening: listening, until: stop)
  }

  /// Creates a token of an admin at the first start, and prints it. No other line of a log contains a token.
  /// A token that cannot be printed is revoked, because no client can use it.
  package func createFirstAdmin() async {
    do throws(StoreError) {
      guard let secret = try await tokens.create(APIService.firstAdmin, .admin, isFirst: true) else { return }
      guard !write("first-admin token, shown this once: \(secret.reveal())") else { return }
      _ = try await tokens.revoke(APIService.firstAdmin)
      logger.error("first token revoked, because it could not be printed; use ‘rendertrust token create’")
    } catch {
      logger.error("first token not created", metadata: ["error": .string(error.description)])
    }
  }

  private static let firstAdmin = "first-admin"

  package func logListening(at address: ListenAddress) {
    logger.info(
      "serving the API",
      metadata: [
        "listen": .string(address.description), "tls": .string(settings.identity == nil ? "no" : "yes"),
      ])
    if settings.identity == nil, !address.isLocal {
      logger.warning(
        "tokens are sent without TLS unless a proxy terminates TLS",
        metadata: ["listen": .string(address.description)])
    }
  }
}

extension Logger {
  /// The logger of the HTTP framework, whose lines below `warning` are about errors of clients.
  var forFramework: Logger {
    var logger = self
    logger.logLevel = max(logLevel, .warning)
    return logger
  }
}
