import Glibc

/// A pipe of this process. Its descriptors are close-on-exec, so that child processes of other tests do not
/// keep it open.
final class Pipe: Sendable {
  let reading: Int32
  private let writing: Int32

  init() {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    precondition(socketpair(AF_UNIX, kind, 0, &ends) == 0, "no pipe")
    (reading, writing) = (ends[0], ends[1])
  }

  func write() { _ = Glibc.write(writing, "x", 1) }
  func close() { _ = Glibc.close(writing) }
}
