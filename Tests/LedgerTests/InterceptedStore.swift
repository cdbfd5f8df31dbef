import Model
import ObjectStorage
import Synchronization

/// A folder that runs a closure before each put, which can make the put fail.
final class InterceptedStore: ObjectStore {
  private let store: FolderStore
  private let before: @Sendable (String) async throws -> Void

  /// - Parameter before: Called with the key before each put. An error that it throws is the store's.
  init(_ folder: String, before: @escaping @Sendable (String) async throws -> Void) {
    store = FolderStore(folder)
    self.before = before
  }

  /// A store that fails after a number of puts.
  convenience init(_ folder: String, failingAfter puts: Int) {
    let left = Mutex(puts)
    self.init(folder) { _ in
      let isOver = left.withLock { left in
        left -= 1
        return left < 0
      }
      if isOver { throw ObjectStorageError(.unreachable, "the store is gone") }
    }
  }

  private func intercept(_ key: String) async throws(ObjectStorageError) {
    do {
      try await before(key)
    } catch {
      throw error as? ObjectStorageError ?? ObjectStorageError(.unavailable, "\(error)")
    }
  }

  var location: String { store.location }
  func put(_ bytes: [UInt8], at key: String) async throws(ObjectStorageError) {
    try await intercept(key)
    try await store.put(bytes, at: key)
  }
  func put(file path: String, at key: String) async throws(ObjectStorageError) {
    try await intercept(key)
    try await store.put(file: path, at: key)
  }
  func get(_ key: String, limit: Int) async throws(ObjectStorageError) -> [UInt8] {
    try await store.get(key, limit: limit)
  }
  func get(_ key: String, to path: String) async throws(ObjectStorageError) {
    try await store.get(key, to: path)
  }
  func head(_ key: String) async throws(ObjectStorageError) -> ObjectSummary? { try await store.head(key) }
  func delete(_ key: String) async throws(ObjectStorageError) { try await store.delete(key) }
  func list(prefix: String) async throws(ObjectStorageError) -> [ObjectSummary] {
    try await store.list(prefix: prefix)
  }
}
