internal import Model
package import Reconciling
internal import Synchronization

/// Authenticates tokens, with a cache in front of the store. A token that was revoked elsewhere is rejected
/// after at most 4 s; while the store does not respond, cached tokens stay valid for the same time.
package final class TokenCache: Sendable {
  /// The age from which one request reloads an entry, while others still use it.
  private static let refreshAge = TimeSpan(milliseconds: 2000)
  /// The age from which an entry is unusable.
  private static let maxAge = TimeSpan(milliseconds: 4000)
  private static let maxEntries = 10_000

  private struct Entry {
    /// Nil when the store has no such token.
    var record: TokenRecord?
    var loadedAt: TimeSpan
    var isLoading = false
  }

  private let store: any TokenStore
  private let time: TimeSource
  private let entries = Mutex<[TokenHash: Entry]>([:])

  package init(_ store: any TokenStore, time: TimeSource) {
    self.store = store
    self.time = time
  }

  /// Nil for an unknown, expired or revoked token.
  package func principal(of token: APIToken) async throws(TokenStoreError) -> APIPrincipal? {
    let now = time.uptime()
    let known = entries.withLock { entries -> (record: TokenRecord?, isEnough: Bool)? in
      guard var entry = entries[token.hash], now - entry.loadedAt < TokenCache.maxAge else { return nil }
      guard now - entry.loadedAt >= TokenCache.refreshAge, !entry.isLoading else {
        return (entry.record, true)
      }
      entry.isLoading = true
      entries[token.hash] = entry
      return (entry.record, false)
    }
    let record: TokenRecord?
    switch known {
    case (let known, true)?: record = known
    case (let known, false)?:
      switch await load(token.hash, at: now) {
      case .success(let found): record = found
      case .failure: record = known
      }
    case nil: record = try await load(token.hash, at: now).get()
    }
    guard let record, record.hash == token.hash, record.isValid(at: time.now()) else { return nil }
    return record.principal
  }

  /// Whether the token was valid when it was last loaded, however long ago.
  package func isCachedValid(_ token: APIToken) -> Bool {
    entries.withLock { $0[token.hash]?.record }?.isValid(at: time.now()) ?? false
  }

  private func load(_ hash: TokenHash, at now: TimeSpan) async -> Result<TokenRecord?, TokenStoreError> {
    do throws(TokenStoreError) {
      let record = try await store.token(hash)
      entries.withLock { entries in
        if entries.count >= TokenCache.maxEntries {
          // Unknown tokens are removed first, so that guessing does not evict valid ones.
          entries = entries.filter { $0.value.record != nil }
          if entries.count >= TokenCache.maxEntries { entries = [:] }
        }
        entries[hash] = Entry(record: record, loadedAt: now)
      }
      return .success(record)
    } catch {
      entries.withLock { $0[hash]?.isLoading = false }
      return .failure(error)
    }
  }
}

extension TimeSpan {
  fileprivate static func - (later: TimeSpan, earlier: TimeSpan) -> TimeSpan {
    TimeSpan(milliseconds: later.milliseconds - earlier.milliseconds)
  }
}
