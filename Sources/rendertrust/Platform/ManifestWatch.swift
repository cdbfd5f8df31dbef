import Glibc
import Model

/// Notices that manifests changed, by looking at names, sizes and times of the files. Cheaper and more portable than
/// notifications, and nothing can be lost.
struct ManifestWatch {
  static let interval = TimeSpan(milliseconds: 500)

  private let paths: [String]
  private var last: [String]

  init(paths: [String]) {
    self.paths = paths
    last = ManifestWatch.fingerprint(paths)
  }

  /// Whether anything differs from the last call; files that are still being written count once they rest.
  mutating func hasChanged() -> Bool {
    let now = ManifestWatch.fingerprint(paths)
    defer { last = now }
    return now != last
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
