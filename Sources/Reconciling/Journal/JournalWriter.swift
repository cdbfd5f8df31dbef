internal import Model
internal import Synchronization

/// Writes the journal records of concurrent steps with few transactions (group commit): records that arrive
/// during a write wait, and the next write takes all of them.
package final class JournalWriter: Sendable {
  /// What resumes a caller: another caller wrote its record, or it must write the gathered records.
  private enum Turn: Sendable {
    case written(Result<Void, StoreError>)
    case lead
  }
  private struct Waiter: Sendable {
    let record: JournalRecord
    let turn: CheckedContinuation<Turn, Never>
  }
  private struct State {
    var waiting: [Waiter] = []
    var hasLeader = false
  }

  private let store: any StateStore
  private let environment: String
  private let state = Mutex(State())

  package init(store: any StateStore, environment: String) {
    self.store = store
    self.environment = environment
  }

  /// Returns when the record is stored.
  package func write(_ record: JournalRecord) async throws(StoreError) {
    let turn = await withCheckedContinuation { continuation in
      let leads = state.withLock { state in
        if state.hasLeader {
          state.waiting.append(Waiter(record: record, turn: continuation))
          return false
        }
        state.hasLeader = true
        return true
      }
      if leads { continuation.resume(returning: .lead) }
    }
    switch turn {
    case .written(let result): try result.get()
    case .lead: try await lead(with: record).get()
    }
  }

  func tryWriting(_ record: JournalRecord) async -> Result<Void, StoreError> {
    do throws(StoreError) {
      return .success(try await write(record))
    } catch {
      return .failure(error)
    }
  }

  /// Writes the caller's record with the waiting ones, then resumes the first caller that arrived meanwhile.
  private func lead(with record: JournalRecord) async -> Result<Void, StoreError> {
    let followers = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    var result = await append([record] + followers.map(\.record))
    if case .failure(let error) = result, error.isOutdated, !followers.isEmpty {
      // One outdated record must not reject the others.
      result = await append([record])
      for follower in followers {
        follower.turn.resume(returning: .written(await append([follower.record])))
      }
    } else {
      for follower in followers { follower.turn.resume(returning: .written(result)) }
    }
    let next = state.withLock { state -> Waiter? in
      guard !state.waiting.isEmpty else {
        state.hasLeader = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.turn.resume(returning: .lead)
    return result
  }

  private func append(_ records: [JournalRecord]) async -> Result<Void, StoreError> {
    do throws(StoreError) {
      try await store.append(records, in: environment)
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}
