import Model
import Reconciling

/// Commands that change the world once have an environment to themselves while they do: they wait for each other, and
/// running controllers finish what they have under way, make way, and go on afterwards from what the command left.
extension Session {
  /// Runs `body` when it is this change's turn, with a session that writes under the leases of the turn.
  /// - Parameter role: the command's name, which other replicas see.
  package func changing(
    _ environment: String, as role: String, _ body: (Session) async throws -> Void
  ) async throws {
    let keeper = LeaseKeeper(
      .here(role, isExclusive: true), in: environment, store: store, time: engine.time,
      isGone: ProcessMark.isGone)
    let result: Result<Void, any Error>
    do {
      try await takeTurn(keeper, in: environment)
      result = .success(try await working(under: keeper, body))
    } catch {
      result = .failure(error)
    }
    await keeper.leave()
    try result.get()
  }

  private func working(under keeper: LeaseKeeper, _ body: (Session) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      // A heartbeat that fails lets the lease expire, and then nothing is begun any more.
      group.addTask { await keeper.run { _ in } }
      defer { group.cancelAll() }
      try await body(bound(to: keeper))
    }
  }

  /// Returns when whoever sits before it, or the process, wants to stop; or when the task is cancelled.
  private func stopRequested() async {
    guard !isAttended else { return await StopSignals.first() }
    while !engine.gracefulStop.isRequested, (try? await engine.time.sleep(TimeSpan(milliseconds: 100))) != nil {}
  }

  private enum Wait: Sendable {
    case ended(Result<Void, StoreError>)
    case stopped
  }

  /// Ctrl-C ends the waiting at once.
  private func takeTurn(_ keeper: LeaseKeeper, in environment: String) async throws {
    guard !(try await keeper.heartbeat().get().holdsAll) else { return }
    let wait = await withTaskGroup(of: Wait.self) { group in
      group.addTask {
        .ended(
          await keeper.acquireAll { others in
            let names = others.map(\.description).joined(separator: ", ")
            progress.remark("Waiting until \(names) has finished what it has under way in \(environment).")
          })
      }
      group.addTask {
        await stopRequested()
        return .stopped
      }
      defer { group.cancelAll() }
      return await group.next() ?? .stopped
    }
    switch wait {
    case .ended(let result): try result.get()
    case .stopped: throw OperationError.failed("stopped while waiting; nothing was changed")
    }
  }
}
