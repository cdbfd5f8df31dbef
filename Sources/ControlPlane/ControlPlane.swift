/// Composes the platform: connects kinds, ledger, jobs and gateway, and provides the queries and changes that
/// the commands and the API share.
///
/// Entry file: `State/StateSession.swift`, which opens a state. Everything else receives the parts of a state
/// that it uses:
/// - `Assembly`: the clients, and the kinds of all modules (`Foundations`, `Platform`).
/// - `State`: the opened state, its environments and its tokens.
/// - `Queries`: questions about a state. Each names the part that it reads as its `Context`.
/// - `Changes`: apply and rollback, which a `ChangeExecutor` performs under the leases of an environment.
/// - `Manifests`: follows changes of manifests, and runs a controller (`WatchLoop`).
/// - `Jobs`: the scheduler of an environment, and the job work of a running controller (`JobControl`).
/// - `Credits`, `Billing`: the ledgers and the Stripe events of an environment.
/// - `Server`: the settings and the loop of `rendertrust server`, and its API for operators.
/// - `Host`: the process, its files and its signals.
///
/// The module prints nothing: a `Reporter` receives the progress. It imports no argument parser and no
/// terminal code. Tested by `ControlPlaneTests`, and by `RemoteTests` and `EndToEndTests` through the built
/// program.
package enum ControlPlane {}
