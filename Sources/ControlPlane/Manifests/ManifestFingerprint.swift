import Glibc

/// The metadata of the files below some paths, including the sibling folder `base` of each folder.
package struct ManifestFingerprint: Equatable {
  /// Of names, sizes, times and inodes, in order.
  private let hash: Int
  /// The folders to watch, including the folders of single files.
  package let folders: [String]

  package static func == (a: ManifestFingerprint, b: ManifestFingerprint) -> Bool { a.hash == b.hash }

  package init(_ paths: [String]) {
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
