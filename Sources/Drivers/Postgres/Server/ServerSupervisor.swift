internal import Glibc
internal import Model
internal import Synchronization

/// Restarts the embedded server when it has ended. Statements of this process wait at the server's gate
/// meanwhile; those that were in progress fail. Every process that uses the server may supervise it: restarts
/// exclude each other, and one that comes second finds the server running.
package final class ServerSupervisor: Sendable {
  private let server: PostgresServer
  private let report: @Sendable (String) -> Void
  private let shared = Mutex(SupervisionState(at: .now))

  /// - Parameter report: receives a sentence when the server has ended, when it is back, and when it cannot
  ///   be restarted.
  package init(_ server: PostgresServer, report: @escaping @Sendable (String) -> Void) {
    self.server = server
    self.report = report
  }

  package var state: SupervisionState { shared.withLock { $0 } }

  /// How often the server is checked while it runs, and while it is down.
  private static let intervals: (up: Duration, down: Duration) = (.milliseconds(200), .milliseconds(50))

  /// Supervises until the task is cancelled. Does nothing while the server is not used.
  package func run() async {
    server.gate.setSupervised(true)
    defer { server.gate.setSupervised(false) }
    while !Task.isCancelled {
      await check()
      let pause = state.downSince == nil ? ServerSupervisor.intervals.up : ServerSupervisor.intervals.down
      try? await Task.sleep(for: pause)
    }
  }

  private func check() async {
    // A planned restart starts the server itself.
    guard await server.isStarted, !server.gate.isRestarting else { return }
    let running = await server.process
    let isSuspect = server.gate.isDown
    let (action, event) = shared.withLock { $0.check(running, isSuspect: isSuspect, at: .now) }
    if event != nil { _ = server.gate.reportUnreachable() }
    note(event)
    if action == .revive { await revive() }
  }

  private func revive() async {
    do throws(PostgresError) {
      guard let pid = try await server.revive() else { return }
      note(shared.withLock { $0.recordAnswer(of: pid, at: .now) })
      server.gate.reportUp()
    } catch {
      guard !Task.isCancelled else { return }
      note(shared.withLock { $0.recordFailure(error, at: .now) })
    }
  }

  private func note(_ event: SupervisionState.Event?) {
    switch event {
    case .down: report("The embedded PostgreSQL has ended; restarting it")
    case .back(let span):
      let milliseconds = Int64(span / .milliseconds(1))
      report("The embedded PostgreSQL answers again after \(milliseconds) ms")
    case .failing(let error): report("The embedded PostgreSQL cannot be restarted: \(error.description)")
    case nil: break
    }
  }
}
