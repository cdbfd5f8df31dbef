internal import Glibc
internal import Model

/// The lock that a server's processes inherit from the process that starts it. The kernel releases it when
/// the last of them has ended, so that a data folder never has two servers, whichever PID namespaces their
/// starters are in. The file of the lock records the PID namespace and the main process of the server that
/// took it last.
final class PostmasterLock: Sendable {
  /// What the file of the lock records.
  struct Record: Equatable {
    /// The name of the PID namespace, such as `pid:[4026531836]`; it is unique while a process lives in it.
    let namespace: String
    /// The main process, in the numbers of that namespace; nil until it was started.
    let pid: pid_t?

    static func read(_ path: String) -> Record? {
      let words = Files.read(path)?.split(whereSeparator: \.isWhitespace) ?? []
      guard let namespace = words.first else { return nil }
      return Record(namespace: String(namespace), pid: words.dropFirst().first.flatMap { pid_t($0) })
    }
  }

  let path: String
  private let descriptor: Int32

  /// The number that the descriptor has in the server.
  static let inheritedDescriptor: Int32 = 3

  /// Returns nil while a process of a server holds the lock. Called under the start lock.
  static func tryAcquire(_ path: String) throws(PostgresError) -> PostmasterLock? {
    let lock = try PostmasterLock(path)
    guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
    return lock
  }

  /// Opens the file with a number above `inheritedDescriptor`, because duplicating a descriptor to itself
  /// would leave it closed on exec.
  private init(_ path: String) throws(PostgresError) {
    self.path = path
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    descriptor = opened < 0 ? -1 : fcntl(opened, F_DUPFD_CLOEXEC, PostmasterLock.inheritedDescriptor + 1)
    let reason = String(cString: strerror(errno))
    if opened >= 0 { close(opened) }
    guard descriptor >= 0 else {
      throw PostgresError(.server, "cannot open \(path): \(reason)", server: "The embedded PostgreSQL")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Starts the server's command with this lock, and records it.
  func spawn(_ command: [String], log: String) throws(PostgresError) -> pid_t {
    let namespace = PostmasterLock.currentNamespace ?? "unknown"
    record(namespace)
    let pid = try ServerProcess.spawn(
      command, log: log, inheriting: descriptor, as: PostmasterLock.inheritedDescriptor)
    record("\(namespace) \(pid)")
    return pid
  }

  /// A record that was not written names no namespace, and a server without one is treated as foreign.
  private func record(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = pwrite(descriptor, bytes, bytes.count, 0)
  }

  /// The PID namespace of this process; nil without `/proc`.
  static var currentNamespace: String? {
    var buffer: [UInt8] = Array(repeating: 0, count: 64)
    let count = buffer.withUnsafeMutableBytes { raw in
      readlink("/proc/self/ns/pid", raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// The processes of this PID namespace that hold the lock: those that inherited its descriptor. A process
  /// that only reads the file is none of them.
  static func holders(_ path: String) -> [pid_t] {
    var file = stat()
    guard stat(path, &file) == 0 else { return [] }
    return Files.entries("/proc").compactMap { pid_t($0) }.filter { pid in
      var opened = stat()
      let number = "\(inheritedDescriptor)"
      guard stat("/proc/\(pid)/fd/\(number)", &opened) == 0, opened.st_ino == file.st_ino,
        opened.st_dev == file.st_dev
      else { return false }
      return Files.read("/proc/\(pid)/fdinfo/\(number)")?.contains("FLOCK") == true
    }
  }
}
