import Synchronization

/// Keeps a value that follows from the newest revision of an environment.
final class RevisionCache<Content: Sendable>: Sendable {
  private let entry = Mutex<(revision: Int64, content: Content)?>(nil)

  /// The value of the last read; nil before the first.
  var last: Content? { entry.withLock { $0?.content } }

  /// The value of a revision, read if it is not the one of the last read. A read that fails changes nothing.
  func value<Failure: Error>(
    at revision: Int64, _ read: () async throws(Failure) -> Content
  ) async throws(Failure) -> Content {
    if let entry = entry.withLock({ $0 }), entry.revision == revision { return entry.content }
    let content = try await read()
    entry.withLock { $0 = (revision, content) }
    return content
  }
}
