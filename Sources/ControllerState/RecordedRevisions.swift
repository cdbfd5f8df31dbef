internal import Model
internal import Synchronization

/// What this process knows the newest revision of each environment to hold, so that recording the next one costs by
/// what changed. Revisions never change, so a number vouches for the rest.
final class RecordedRevisions: Sendable {
  private let newest = Mutex<[String: (number: Int64, desired: DesiredState)]>([:])

  /// What the revision holds; nil where this process neither recorded nor met it.
  func desired(of revision: Revision?) -> DesiredState? {
    guard let revision else { return nil }
    return newest.withLock { newest in
      guard let known = newest[revision.environment], known.number == revision.number,
        known.desired.digest == revision.manifestDigest
      else { return nil }
      return known.desired
    }
  }

  func note(_ desired: DesiredState, as number: Int64) {
    newest.withLock { $0[desired.environment] = (number, desired) }
  }
}
