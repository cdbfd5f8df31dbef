package import Logging
internal import Model
package import Reconciling

/// The HTTP server of the API, on an address of its own, so that whoever fills its connections keeps nobody from metrics,
/// health and webhooks.
package struct APIServer: Sendable {
  private let address: ListenAddress
  private let identity: TLSIdentity?
  private let limits: APILimits
  private let responder: APIResponder
  private let logger: Logger

  /// - Parameters:
  ///   - identity: nil for plain HTTP/1.1.
  ///   - routes: `/openapi.json` and `/api/v1/whoami` are added.
  ///   - accessLog: is told each request at level info; nil: none.
  ///   - logger: is told what is wrong with the server itself.
  package init(
    address: ListenAddress, identity: TLSIdentity?, routes: [APIRoute], tokens: any TokenStore,
    limits: APILimits = APILimits(), time: TimeSource, accessLog: Logger?, logger: Logger
  ) {
    self.address = address
    self.identity = identity
    self.limits = limits
    self.logger = logger
    responder = APIResponder(
      routes: OpenAPI.withItsRoute(routes + [APIRoute.whoami]),
      gate: APIGate(tokens: tokens, limits: limits, time: time), limits: limits, time: time,
      log: AccessLog(logger: accessLog))
  }

  /// Serves until `stop` ends, then lets requests under way finish, at most for a second.
  /// - Parameters:
  ///   - listening: told once, with the address it is reached at.
  ///   - stop: returns when it is time to end.
  /// - Throws: `GatewayError` when it cannot listen there.
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
    .get, "/api/v1/whoami", name: "whoami", summary: "Whose token this is.", roles: Set(APIRole.allCases),
    answer: APIAnswer(
      200, "The token's name, role and subject.",
      schema: Schema.object(
        [
          "name": Schema.text(), "role": Schema.word(APIRole.allCases.map(\.rawValue)),
          "subject": Schema.text("The account of a creator, the node of a node."),
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
