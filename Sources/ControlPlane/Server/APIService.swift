package import Gateway
package import Logging
import Model
import Reconciling

/// The API of a server, from its settings and its session.
package struct APIService: Sendable {
  package let settings: APISettings
  package let session: Session
  package let logger: Logger
  package let routes: [APIRoute]
  /// Writes a line to standard output.
  package let write: @Sendable (String) -> Void

  /// Serves until `stop` ends. At the first start ever an admin's token is made and told, once.
  package func run(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws(GatewayError) {
    var quiet = logger
    // The framework tells each request's troubles; they are the client's.
    quiet.logLevel = max(logger.logLevel, .warning)
    let server = APIServer(
      address: settings.address, identity: settings.identity, routes: routes,
      tokens: StoredTokens(tokens: session.tokens), limits: settings.limits, time: session.engine.time,
      accessLog: settings.accessLog == .on ? logger : nil, logger: quiet)
    try await server.run(listening: listening, until: stop)
  }

  /// The only line of a log that ever holds a token.
  package func introduceAdmin() async {
    do throws(StoreError) {
      guard let secret = try await session.makeToken("first-admin", .admin, onlyFirst: true) else { return }
      write("first-admin token, shown this once: \(secret.reveal())")
    } catch {
      logger.error("the first token could not be made: \(error.description)")
    }
  }

  package func tell(_ address: ListenAddress) {
    logger.info(
      "serving the API",
      metadata: [
        "listen": .string(address.description), "tls": .string(settings.identity == nil ? "no" : "yes"),
      ])
    if settings.identity == nil, !address.isLocal {
      logger.warning("tokens cross the network in the open unless something before \(address) does TLS")
    }
  }
}
