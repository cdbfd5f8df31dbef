internal import Model
internal import Synchronization

/// The newest revision of each environment that this process recorded or read, so that the cost of recording
/// the next one depends on what changed. Revisions never change, so an equal number means equal content.
final class RecordedRevisions: Sendable {
  private let newest = Mutex<[String: (number: Int64, desired: DesiredState)]>([:])

  /// The content of a revision; nil when it is not stored here.
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
