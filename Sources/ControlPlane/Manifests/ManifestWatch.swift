import Glibc
package import Model

/// Detects changes of manifests by the names, sizes and times of the files. Signals of the kernel
/// (`FolderSignals`) only shorten the poll interval; polling detects what they miss.
///
/// A change counts once it is stable: when two polls in a row see the same files, or signals show that the
/// change is complete, and git does not hold the lock of the work tree. With signals, an atomic change such
/// as a rename counts at once, otherwise within half a second.
package struct ManifestWatch {
  /// The time between two polls while nothing changes.
  package static func interval(hasSignals: Bool) -> TimeSpan {
    TimeSpan(milliseconds: hasSignals ? 2000 : 200)
  }
  /// The time for which files must stay the same.
  package static let stablePeriod = TimeSpan(milliseconds: 100)
  /// The age after which a git lock counts as stale.
  private static let maxLockAge = TimeSpan(seconds: 15)

  private let paths: [String]
  private let lockFile: String?
  /// The fingerprint of the manifests that were read last.
  private var accepted: ManifestFingerprint
  /// The fingerprint of the last poll.
  private var seen: ManifestFingerprint
  private var lockedSince: Timestamp?

  package init(paths: [String]) {
    self.paths = paths
    lockFile = paths.first.flatMap(GitHead.folder(of:)).map { $0 + "/index.lock" }
    accepted = ManifestFingerprint(paths)
    seen = accepted
  }

  /// The result of a poll.
  package enum Change {
    case none
    /// The files differ from the accepted ones and may still change: poll again after `stablePeriod`.
    case unstable
    /// The files differ from the accepted ones and are stable. Pass the fingerprint to `accept`.
    case stable(ManifestFingerprint)
  }

  /// The folders to watch, as of the last poll.
  package var folders: [String] { seen.folders }

  /// - Parameter isQuiet: whether signals show that no change is in progress.
  package mutating func poll(at now: Timestamp, isQuiet: Bool = false) -> Change {
    let current = ManifestFingerprint(paths)
    defer { seen = current }
    guard current != accepted else { return .none }
    guard current == seen || isQuiet, !isLocked(now) else { return .unstable }
    return .stable(current)
  }

  /// Records that the manifests were read.
  /// - Returns: false if they changed during the read and must be read again.
  package mutating func accept(_ fingerprint: ManifestFingerprint) -> Bool {
    seen = ManifestFingerprint(paths)
    guard seen == fingerprint else { return false }
    accepted = fingerprint
    return true
  }

  private mutating func isLocked(_ now: Timestamp) -> Bool {
    guard let lockFile, Files.exists(lockFile) else {
      lockedSince = nil
      return false
    }
    let since = lockedSince ?? now
    lockedSince = since
    return now - since < ManifestWatch.maxLockAge
  }
}
