internal import Concurrency
package import Model
internal import Synchronization

/// Keeps one replica's seat by its heartbeats, and knows what it holds. Once a heartbeat is late nothing is begun any
/// more, by a clock that runs on while the process is stopped: others may have taken over.
package final class LeaseKeeper: Sendable {
  private struct State {
    var tokens: [KeyRange: Int64] = [:]
    /// Uptime until which the leases are certainly this replica's.
    var deadline = TimeSpan(milliseconds: .min)
    var standingCount: Int64 = 0
    var surrendered: Set<KeyRange> = []
  }

  package let replica: Replica
  private let store: any StateStore
  private let environment: String
  let time: TimeSource
  private let isGone: @Sendable (Replica) -> Bool
  private let state = Mutex(State())
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  package init(
    _ replica: Replica, in environment: String, store: any StateStore, time: TimeSource,
    isGone: @escaping @Sendable (Replica) -> Bool
  ) {
    self.replica = replica
    self.environment = environment
    self.store = store
    self.time = time
    self.isGone = isGone
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// One heartbeat.
  package func beat() async -> Result<LeaseStatus, StoreError> {
    let sent = time.uptime()
    let surrendered = state.withLock { $0.surrendered }
    let heartbeat = Heartbeat(replica, surrendered: surrendered, isGone: isGone)
    do throws(StoreError) {
      var standing = try await store.beat(heartbeat, in: environment)
      standing.number = state.withLock { state in
        state.standingCount += 1
        state.tokens = standing.tokens
        state.deadline = TimeSpan(
          milliseconds: sent.milliseconds + Heartbeat.span.milliseconds - Heartbeat.margin.milliseconds)
        state.surrendered.subtract(standing.assigned)
        state.surrendered.formIntersection(standing.tokens.keys)
        return state.standingCount
      }
      return .success(standing)
    } catch {
      return .failure(error)
    }
  }

  /// Heartbeats until the task is cancelled, one after the other.
  package func run(_ told: @Sendable (Result<LeaseStatus, StoreError>) -> Void) async {
    await withDiscardingTaskGroup { group in
      group.addTask { [time, signal] in
        while (try? await time.sleep(Heartbeat.interval)) != nil { signal.yield() }
      }
      for await _ in signals { told(await beat()) }
      group.cancelAll()
    }
  }

  /// The next heartbeat comes at once.
  package func hurry() { signal.yield() }

  /// Gives these back with a heartbeat that comes at once: nothing of them is under way or begun any more. Those that
  /// it turns out to have been assigned again stay.
  /// - Parameter standing: the number of what the caller goes by; where another came meanwhile, nothing happens.
  package func surrender(_ ranges: Set<KeyRange>, asOf standing: Int64) {
    guard !ranges.isEmpty else { return }
    let hasNews = state.withLock { state -> Bool in
      guard state.standingCount == standing else { return false }
      let isNew = !ranges.isSubset(of: state.surrendered)
      state.surrendered.formUnion(ranges)
      return isNew
    }
    if hasNews { hurry() }
  }

  /// What is held now.
  package var permit: FencingTokens {
    FencingTokens(
      replica: replica.name, tokens: state.withLock { $0.tokens }, isExclusive: replica.isExclusive)
  }

  /// Whether the leases cannot have expired.
  package var isCertain: Bool {
    let now = time.uptime()
    return state.withLock { now < $0.deadline }
  }

  /// Whether a step may be begun now for a resource.
  package func mayBegin(_ id: ResourceID, under permit: FencingTokens) -> Bool {
    let (now, range) = (time.uptime(), KeyRange(of: id))
    guard let token = permit.tokens[range] else { return false }
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
  package func takeAll(waits: ([Replica]) -> Void) async -> Result<Void, StoreError> {
    var told: [Replica] = []
    while true {
      switch await beat() {
      case .failure(let error): return .failure(error)
      case .success(let standing):
        guard !standing.holdsAll else { return .success(()) }
        let first = standing.exclusive.flatMap { $0 == replica ? nil : [$0] } ?? standing.others
        if first != told { waits(first) }
        told = first
      }
      guard (try? await time.sleep(LeaseKeeper.patience)) != nil else {
        return .failure(StoreError(code: "lease.unwanted", "it was stopped before it was its turn"))
      }
    }
  }
}
