internal import Glibc

/// Detects whether a file has changed since it was read, without reading it.
struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let modified: Int64
  private let changed: Int64

  /// Nil for anything but a regular file.
  init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = FileIdentity.nanoseconds(status.st_mtim)
    changed = FileIdentity.nanoseconds(status.st_ctim)
  }

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// The time since the last change in nanoseconds, by the clock of file systems.
  var age: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return FileIdentity.nanoseconds(time) - max(modified, changed)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
