import Glibc
import Model

/// Notices that manifests changed, by looking at names, sizes and times of the files. Cheaper and more portable than
/// notifications, and nothing can be lost.
///
/// What changes is taken once it rests: when two looks in a row see the same, and git is not in the middle of changing
/// the work tree. A change made at one moment, as by renaming a file, is taken within half a second.
struct ManifestWatch {
  /// Between two looks while nothing changes.
  static let interval = TimeSpan(milliseconds: 200)
  /// For how long files must stay the same.
  static let rest = TimeSpan(milliseconds: 100)
  /// A lock that git has left behind is not waited for longer.
  private static let longestLock = TimeSpan(seconds: 15)

  private let paths: [String]
  private let lockFile: String?
  /// What was taken last, and what the last look saw.
  private var taken: [String]
  private var seen: [String]
  private var lockedSince: Timestamp?

  init(paths: [String]) {
    self.paths = paths
    lockFile = paths.first.flatMap(GitHead.folder(of:)).map { $0 + "/index.lock" }
    taken = ManifestWatch.fingerprint(paths)
    seen = taken
  }

  /// What a look found.
  enum Look {
    case unchanged
    /// It differs from what was taken, and may still be changing: look again after `rest`.
    case changing
    /// It differs from what was taken, and rests. `mark` goes to `take`.
    case changed(mark: [String])
  }

  mutating func look(at now: Timestamp) -> Look {
    let current = ManifestWatch.fingerprint(paths)
    defer { seen = current }
    guard current != taken else { return .unchanged }
    guard current == seen, !isLocked(now) else { return .changing }
    return .changed(mark: current)
  }

  /// Tells that the manifests were read; false when they changed meanwhile, and then they are to be read again.
  mutating func take(_ mark: [String]) -> Bool {
    seen = ManifestWatch.fingerprint(paths)
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

  /// One line for each file, also of a sibling `base` folder.
  private static func fingerprint(_ paths: [String]) -> [String] {
    paths.flatMap { path -> [String] in
      let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
      let base = "\(trimmed)/../base"
      return lines(trimmed, depth: 3) + (isFolder(trimmed) ? lines(base, depth: 3) : [])
    }
  }

  private static func lines(_ path: String, depth: Int) -> [String] {
    var info = stat()
    guard stat(path, &info) == 0 else { return ["\(path) missing"] }
    guard isFolder(path) else {
      return ["\(path) \(info.st_size) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec) \(info.st_ino)"]
    }
    guard depth > 0, let folder = opendir(path) else { return [path] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().flatMap { lines("\(path)/\($0)", depth: depth - 1) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}
