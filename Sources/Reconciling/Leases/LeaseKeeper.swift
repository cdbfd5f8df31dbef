internal import Concurrency
package import Model
internal import Synchronization

/// Keeps the membership of one replica by heartbeats, and knows its leases. Once a heartbeat is late, nothing
/// starts any more, by a clock that continues while the process is stopped: other replicas may have taken
/// over.
package final class LeaseKeeper: Sendable {
  private struct State {
    var tokens: [KeyRange: Int64] = [:]
    /// The uptime until which the leases certainly belong to this replica.
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

  /// Sends one heartbeat.
  package func heartbeat() async -> Result<LeaseStatus, StoreError> {
    let sentAt = time.uptime()
    let released = state.withLock { $0.released }
    let heartbeat = ControllerHeartbeat(replica, released: released, isGone: isGone)
    do throws(StoreError) {
      var status = try await store.recordHeartbeat(heartbeat, in: environment)
      status.number = state.withLock { state in
        state.heartbeatCount += 1
        state.tokens = status.tokens
        let span = ControllerHeartbeat.leaseSpan.milliseconds - ControllerHeartbeat.margin.milliseconds
        state.deadline = TimeSpan(milliseconds: sentAt.milliseconds + span)
        state.released.subtract(status.assigned)
        state.released.formIntersection(status.tokens.keys)
        return state.heartbeatCount
      }
      return .success(status)
    } catch {
      return .failure(error)
    }
  }

  /// Sends heartbeats until the task is cancelled, one after the other.
  package func run(_ report: @Sendable (Result<LeaseStatus, StoreError>) -> Void) async {
    await withDiscardingTaskGroup { group in
      group.addTask { [time, signal] in
        while (try? await time.sleep(ControllerHeartbeat.interval)) != nil { signal.yield() }
      }
      for await _ in signals { report(await heartbeat()) }
      group.cancelAll()
    }
  }

  /// Sends the next heartbeat at once.
  package func heartbeatNow() { signal.yield() }

  /// Releases ranges with a heartbeat that is sent at once. Nothing is in flight or starts in them. Ranges
  /// that are assigned to this replica again by then are kept.
  /// - Parameter number: The number of the lease status that the caller knows. Does nothing when there is a
  ///   newer one.
  package func releaseRanges(_ ranges: Set<KeyRange>, asOf number: Int64) {
    guard !ranges.isEmpty else { return }
    let isNew = state.withLock { state -> Bool in
      guard state.heartbeatCount == number, !ranges.isSubset(of: state.released) else { return false }
      state.released.formUnion(ranges)
      return true
    }
    if isNew { heartbeatNow() }
  }

  /// The tokens that are held now.
  package var fencingTokens: FencingTokens {
    FencingTokens(
      replica: replica.name, tokens: state.withLock { $0.tokens }, isExclusive: replica.isExclusive)
  }

  /// Whether the leases cannot have expired.
  package var isCertain: Bool {
    let now = time.uptime()
    return state.withLock { now < $0.deadline }
  }

  /// Whether a step of a resource may start now.
  package func mayBegin(_ id: ResourceID, under tokens: FencingTokens) -> Bool {
    let (now, range) = (time.uptime(), KeyRange(of: id))
    guard let token = tokens.tokens[range] else { return false }
    return state.withLock { now < $0.deadline && $0.tokens[range] == token }
  }

  /// Releases all ranges, also in a cancelled task. If the store does not answer, the leases expire.
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
  /// The time between two heartbeats while an exclusive replica waits.
  private static let pollInterval = TimeSpan(milliseconds: 200)

  /// Returns once this replica, which must be exclusive, holds every range, or with an error.
  /// - Parameter onWait: Called with the replicas that it waits for, when they change.
  package func acquireAll(onWait: ([ControllerReplica]) -> Void) async -> Result<Void, StoreError> {
    var reported: [ControllerReplica] = []
    while true {
      switch await heartbeat() {
      case .failure(let error): return .failure(error)
      case .success(let status):
        guard !status.holdsAll else { return .success(()) }
        let holders = status.exclusive.flatMap { $0 == replica ? nil : [$0] } ?? status.others
        if holders != reported { onWait(holders) }
        reported = holders
      }
      guard (try? await time.sleep(LeaseKeeper.pollInterval)) != nil else {
        return .failure(
          StoreError(code: "lease.unwanted", "it was stopped while it waited for the environment"))
      }
    }
  }
}
