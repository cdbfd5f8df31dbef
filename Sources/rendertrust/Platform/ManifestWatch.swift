import Glibc
import Model
import Reconciling

/// Notices that manifests changed, from names, sizes and times of the files. The kernel's signals only say when to look:
/// where there are none, such as for a folder of another machine, a look comes twice a second.
struct ManifestWatch: Sendable {
  let paths: [String]
  let time: TimeSource

  /// How often to look without a signal: where signals come, only what they cannot tell is left for this.
  private static let interval = TimeSpan(milliseconds: 500)
  private static let intervalBesideSignals = TimeSpan(seconds: 2)
  /// A change of many files is over when nothing happened for so long, or after `longestUnrest`.
  private static let rest = TimeSpan(milliseconds: 15)
  private static let longestUnrest = TimeSpan(milliseconds: 500)

  /// Calls `changed` after each change, until the task is cancelled. A file that is written while it is called leads to
  /// another call.
  func run(_ changed: () async -> Void) async {
    var last = ManifestFingerprint(paths)
    let (wakes, waker) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let signals = FolderSignals { waker.yield() }
    let hasSignals = signals?.watch(last.folders) ?? false
    let interval = hasSignals ? ManifestWatch.intervalBesideSignals : ManifestWatch.interval
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while (try? await time.sleep(interval)) != nil { waker.yield() }
        waker.finish()
      }
      for await _ in wakes {
        await awaitRest(of: signals)
        let now = ManifestFingerprint(paths)
        guard now != last else { continue }
        last = now
        _ = signals?.watch(now.folders)
        await changed()
      }
      group.cancelAll()
    }
  }

  private func awaitRest(of signals: FolderSignals?) async {
    guard let signals else { return }
    var seen = signals.count
    let end = time.now() + ManifestWatch.longestUnrest
    guard signals.hasNews else { return }
    while time.now() < end, (try? await time.sleep(ManifestWatch.rest)) != nil {
      let count = signals.count
      if count == seen { break }
      seen = count
    }
    signals.forgetNews()
  }
}

/// What the files below some paths look like, with a sibling `base` folder of each folder.
struct ManifestFingerprint: Equatable {
  /// Of names, sizes, times and inodes, in order.
  private let hash: Int
  /// The folders in which a change may happen, also those of files that are named alone.
  let folders: [String]

  static func == (a: ManifestFingerprint, b: ManifestFingerprint) -> Bool { a.hash == b.hash }

  init(_ paths: [String]) {
    var walk = Walk()
    for path in paths {
      let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      if walk.add(trimmed, depth: 3) {
        _ = walk.add("\(trimmed)/../base", depth: 3)
      } else {
        walk.folders.append(trimmed.lastIndex(of: "/").map { String(trimmed[..<$0]) + "/" } ?? ".")
      }
    }
    hash = walk.hasher.finalize()
    folders = walk.folders
  }

  private struct Walk {
    var hasher = Hasher()
    var folders: [String] = []

    /// Whether the path is a folder.
    mutating func add(_ path: String, depth: Int) -> Bool {
      var info = stat()
      hasher.combine(path)
      guard stat(path, &info) == 0 else { return false }
      guard info.st_mode & S_IFMT == S_IFDIR else {
        for number in [
          Int(info.st_size), Int(info.st_mtim.tv_sec), Int(info.st_mtim.tv_nsec), Int(info.st_ctim.tv_sec),
          Int(info.st_ctim.tv_nsec), Int(info.st_ino),
        ] { hasher.combine(number) }
        return false
      }
      guard depth > 0, let folder = opendir(path) else { return true }
      defer { closedir(folder) }
      folders.append(path)
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
      }
      for name in names.sorted() { _ = add("\(path)/\(name)", depth: depth - 1) }
      return true
    }
  }
}
