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
  /// Writes a line to standard output.
  package let write: @Sendable (String) -> Void

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
  package func createFirstAdmin() async {
    do throws(StoreError) {
      guard let secret = try await tokens.create("first-admin", .admin, isFirst: true) else { return }
      write("first-admin token, shown this once: \(secret.reveal())")
    } catch {
      logger.error("first token not created", metadata: ["error": .string(error.description)])
    }
  }

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
