/// Everything that listens: metrics, health and webhooks of a server, and on an address of its own the API.
///
/// Entry files: `GatewayServer.swift` serves metrics, health and webhooks without authentication, and
/// therefore listens on loopback. `API/APIServer.swift` serves operations that are values (`APIRoute`): it
/// matches the operation, authorizes the token, applies limits, and parses and validates the request; a
/// handler sees valid requests only. It describes all operations at `/openapi.json`. `Tokens` authenticates
/// tokens, `Jobs` has the operations of jobs, nodes and workers on the services of `JobModel`, and
/// `Listening` has sockets and TLS.
///
/// Must not import a driver; it stores nothing. Tested in `Tests/GatewayTests` over real sockets, with jobs
/// in memory.
package enum Gateway {}
