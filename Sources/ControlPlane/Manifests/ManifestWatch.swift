import Glibc
package import Model

/// Notices that manifests changed, by looking at names, sizes and times of the files. The kernel's signals only say when
/// to look (see `FolderSignals`); whatever they miss is seen by the looks that come anyway.
///
/// What changes is taken once it rests: when two looks in a row see the same or signals say that nothing goes on, and git
/// is not in the middle of changing the work tree. A change made at one moment, as by renaming a file, is taken at once
/// where there are signals, else within half a second.
package struct ManifestWatch {
  /// Between two looks while nothing changes.
  package static func interval(hasSignals: Bool) -> TimeSpan {
    TimeSpan(milliseconds: hasSignals ? 2000 : 200)
  }
  /// For how long files must stay the same.
  package static let rest = TimeSpan(milliseconds: 100)
  /// A lock that git has left behind is not waited for longer.
  private static let longestLock = TimeSpan(seconds: 15)

  private let paths: [String]
  private let lockFile: String?
  /// What was taken last, and what the last look saw.
  private var taken: ManifestFingerprint
  private var seen: ManifestFingerprint
  private var lockedSince: Timestamp?

  package init(paths: [String]) {
    self.paths = paths
    lockFile = paths.first.flatMap(GitHead.folder(of:)).map { $0 + "/index.lock" }
    taken = ManifestFingerprint(paths)
    seen = taken
  }

  /// What a look found.
  package enum Look {
    case unchanged
    /// It differs from what was taken, and may still be changing: look again after `rest`.
    case changing
    /// It differs from what was taken, and rests. `mark` goes to `take`.
    case changed(mark: ManifestFingerprint)
  }

  /// The folders in which a change may happen, by the last look.
  package var folders: [String] { seen.folders }

  /// - Parameter isQuiet: whether it is known that nobody is changing anything at this moment.
  package mutating func look(at now: Timestamp, isQuiet: Bool = false) -> Look {
    let current = ManifestFingerprint(paths)
    defer { seen = current }
    guard current != taken else { return .unchanged }
    guard current == seen || isQuiet, !isLocked(now) else { return .changing }
    return .changed(mark: current)
  }

  /// Tells that the manifests were read; false when they changed meanwhile, and then they are to be read again.
  package mutating func take(_ mark: ManifestFingerprint) -> Bool {
    seen = ManifestFingerprint(paths)
    guard seen == mark else { return false }
    taken = mark
    return true
  }

  private mutating func isLocked(_ now: Timestamp) -> Bool {
    guard let lockFile, Files.exists(lockFile) else {
      lockedSince = nil
      return false
    }
    let since = lockedSince ?? now
    lockedSince = since
    return now - since < ManifestWatch.longestLock
  }
}
