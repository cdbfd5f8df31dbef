internal import Concurrency
package import Model
internal import Synchronization

/// Keeps one replica's membership by its heartbeats, and knows what it holds. Once a heartbeat is late nothing is begun any
/// more, by a clock that runs on while the process is stopped: others may have taken over.
package final class LeaseKeeper: Sendable {
  private struct State {
    var tokens: [KeyRange: Int64] = [:]
    /// Uptime until which the leases are certainly this replica's.
    var deadline = TimeSpan(milliseconds: .min)
    var heartbeatCount: Int64 = 0
    var released: Set<KeyRange> = []
  }

  package let replica: ControllerReplica
  private let store: any StateStore
  private let environment: String
  let time: TimeSource
  private let isGone: @Sendable (ControllerReplica) -> Bool
  private let state = Mutex(State())
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  package init(
    _ replica: ControllerReplica, in environment: String, store: any StateStore, time: TimeSource,
    isGone: @escaping @Sendable (ControllerReplica) -> Bool
  ) {
    self.replica = replica
    self.environment = environment
    self.store = store
    self.time = time
    self.isGone = isGone
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// One heartbeat.
  package func heartbeat() async -> Result<LeaseStatus, StoreError> {
    let sent = time.uptime()
    let released = state.withLock { $0.released }
    let heartbeat = ControllerHeartbeat(replica, released: released, isGone: isGone)
    do throws(StoreError) {
      var leaseStatus = try await store.recordHeartbeat(heartbeat, in: environment)
      leaseStatus.number = state.withLock { state in
        state.heartbeatCount += 1
        state.tokens = leaseStatus.tokens
        state.deadline = TimeSpan(
          milliseconds: sent.milliseconds + ControllerHeartbeat.span.milliseconds - ControllerHeartbeat.margin.milliseconds)
        state.released.subtract(leaseStatus.assigned)
        state.released.formIntersection(leaseStatus.tokens.keys)
        return state.heartbeatCount
      }
      return .success(leaseStatus)
    } catch {
      return .failure(error)
    }
  }

  /// Heartbeats until the task is cancelled, one after the other.
  package func run(_ told: @Sendable (Result<LeaseStatus, StoreError>) -> Void) async {
    await withDiscardingTaskGroup { group in
      group.addTask { [time, signal] in
        while (try? await time.sleep(ControllerHeartbeat.interval)) != nil { signal.yield() }
      }
      for await _ in signals { told(await heartbeat()) }
      group.cancelAll()
    }
  }

  /// The next heartbeat comes at once.
  package func heartbeatNow() { signal.yield() }

  /// Gives these back with a heartbeat that comes at once: nothing of them is under way or begun any more. Those that
  /// it turns out to have been assigned again stay.
  /// - Parameter leaseStatus: the number of what the caller goes by; where another came meanwhile, nothing happens.
  package func releaseRanges(_ ranges: Set<KeyRange>, asOf leaseStatus: Int64) {
    guard !ranges.isEmpty else { return }
    let hasNews = state.withLock { state -> Bool in
      guard state.heartbeatCount == leaseStatus else { return false }
      let isNew = !ranges.isSubset(of: state.released)
      state.released.formUnion(ranges)
      return isNew
    }
    if hasNews { heartbeatNow() }
  }

  /// What is held now.
  package var fencingTokens: FencingTokens {
    FencingTokens(
      replica: replica.name, tokens: state.withLock { $0.tokens }, isExclusive: replica.isExclusive)
  }

  /// Whether the leases cannot have expired.
  package var isCertain: Bool {
    let now = time.uptime()
    return state.withLock { now < $0.deadline }
  }

  /// Whether a step may be begun now for a resource.
  package func mayBegin(_ id: ResourceID, under fencingTokens: FencingTokens) -> Bool {
    let (now, range) = (time.uptime(), KeyRange(of: id))
    guard let token = fencingTokens.tokens[range] else { return false }
    return state.withLock { now < $0.deadline && $0.tokens[range] == token }
  }

  /// Gives everything back, also in a task that was cancelled. A store that does not answer lets the leases expire.
  package func leave() async {
    state.withLock { $0 = State() }
    _ = await UncancellableTask.run { [store, replica, environment] () -> Result<Void, StoreError> in
      do throws(StoreError) {
        return .success(try await store.leave(replica, environment: environment))
      } catch {
        return .failure(error)
      }
    }
  }
}

extension LeaseKeeper {
  private static let patience = TimeSpan(milliseconds: 200)

  /// Returns once every range is this replica's, which must be an exclusive one, or with an error.
  /// - Parameter waits: told for whom it waits, each time that these are others than before.
  package func acquireAll(onWait: ([ControllerReplica]) -> Void) async -> Result<Void, StoreError> {
    var told: [ControllerReplica] = []
    while true {
      switch await heartbeat() {
      case .failure(let error): return .failure(error)
      case .success(let leaseStatus):
        guard !leaseStatus.holdsAll else { return .success(()) }
        let first = leaseStatus.exclusive.flatMap { $0 == replica ? nil : [$0] } ?? leaseStatus.others
        if first != told { waits(first) }
        told = first
      }
      guard (try? await time.sleep(LeaseKeeper.patience)) != nil else {
        return .failure(StoreError(code: "lease.unwanted", "it was stopped before it was its turn"))
      }
    }
  }
}
