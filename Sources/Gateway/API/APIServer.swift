package import Logging
internal import Model
package import Reconciling

/// The HTTP server of the API. It has an address of its own, so that clients that exhaust its connections do
/// not affect metrics, health and webhooks.
package struct APIServer: Sendable {
  private let address: ListenAddress
  private let identity: TLSIdentity?
  private let limits: APILimits
  private let responder: APIResponder
  private let logger: Logger

  /// - Parameters:
  ///   - identity: Nil for plain HTTP/1.1.
  ///   - routes: `/openapi.json` and `/api/v1/whoami` are added.
  ///   - accessLog: Records each request at level info; nil for none.
  ///   - logger: Records errors of the server itself.
  package init(
    address: ListenAddress, identity: TLSIdentity?, routes: [APIRoute], tokens: any TokenStore,
    limits: APILimits = APILimits(), time: TimeSource, accessLog: Logger?, logger: Logger
  ) {
    self.address = address
    self.identity = identity
    self.limits = limits
    self.logger = logger
    responder = APIResponder(
      routes: OpenAPI.addingOwnRoute(routes + [APIRoute.whoami]),
      gate: APIGate(tokens: tokens, limits: limits, time: time), limits: limits, time: time,
      log: AccessLog(logger: accessLog))
  }

  /// Serves until `stop` returns, then waits up to a second for running requests.
  /// - Parameters:
  ///   - listening: Called once, with the server's address.
  ///   - stop: Returns when the server is to end.
  /// - Throws: `GatewayError` when it cannot listen on the address.
  package func run(
    listening: @escaping @Sendable (ListenAddress) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws(GatewayError) {
    let bounds = ListenerLimits(
      connections: limits.connections, backlog: 1024, idle: limits.idle, handshake: limits.handshake,
      body: limits.body)
    try await Listener(
      address: address, responder: responder, limits: bounds, identity: identity,
      flag: "--api-listen", logger: logger
    ).run(listening: listening, until: stop)
  }
}

extension APIRoute {
  static let whoami = APIRoute(
    .get, "/api/v1/whoami", name: "whoami", summary: "Retrieve the current token",
    roles: Set(APIRole.allCases),
    answer: APIAnswer(
      200, "The token's name, role and subject.",
      schema: Schema.object(
        [
          "name": Schema.text(), "role": Schema.word(APIRole.allCases.map(\.rawValue)),
          "subject": Schema.text("The account of a `creator` token, or the node of a `node` token."),
        ], required: ["name", "role"]))
  ) { request in
    let principal = request.principal
    return .json(
      200,
      .members([
        "name": .string(principal.name), "role": .string(principal.role.rawValue),
        "subject": principal.subject.map { .string($0) },
      ]))
  }
}
