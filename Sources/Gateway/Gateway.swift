/// Everything that listens: metrics, health and webhooks of a server, and on an address of its own the API.
///
/// Entry files: `GatewayServer.swift` shows what it is handed, asks nobody who they are and so listens on loopback.
/// `API/APIServer.swift` serves operations that are values (`APIRoute`): it finds the operation, lets in whoever has a token of
/// the right role, bounds what callers may take, reads and checks the request, and describes it all at `/openapi.json`; a
/// handler sees only requests that passed. `Tokens` says whose token it is, `Jobs` are the operations of jobs, nodes and
/// workers before the desks of `Scheduling`, `Listening` is sockets and TLS.
///
/// Must not import a driver; it stores nothing. Tested in `Tests/GatewayTests` over real sockets, before jobs in memory.
package enum Gateway {}
