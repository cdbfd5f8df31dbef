/// A path inside a container at which a volume or a folder in memory is mounted.
enum MountPath {
  /// Whether engines mount exactly this path: absolute, below `/`, without `.`, `..`, empty components and
  /// control characters. Engines resolve any other form to another path, such as `/x/../etc` to `/etc`.
  static func isCanonical(_ path: String) -> Bool {
    guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return false }
    return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// Whether the path is inside a file system of the kernel, over which runtimes mount nothing.
  static func isKernelFolder(_ path: String) -> Bool {
    ["/proc", "/sys"].contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  /// The folders above the path, without `/`, from the nearest one: `/a/b` and `/a` for `/a/b/c`.
  static func ancestors(of path: String) -> [String] {
    var rest = Substring(path)
    var ancestors: [String] = []
    while let slash = rest.lastIndex(of: "/"), slash != rest.startIndex {
      rest = rest[..<slash]
      ancestors.append(String(rest))
    }
    return ancestors
  }
}
