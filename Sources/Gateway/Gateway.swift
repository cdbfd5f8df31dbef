/// Everything that listens: metrics and health of a server today, the operators' API next to them.
///
/// Entry file: `GatewayServer.swift`, on Hummingbird. It shows what it is handed: `ControllerMetrics` adds up what the
/// loop tells, `HealthChecks` asks who has to know, a `WebhookRoute` takes what another system sends and proves itself
/// who sent it. Must not import a component, a driver or a manifest; it changes nothing and authenticates nobody, so it
/// listens on loopback unless an operator says otherwise.
/// Tested in `Tests/GatewayTests`: the exposition's text, the health rules, and the server over a real socket.
package enum Gateway {}
