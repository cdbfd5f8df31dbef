import Glibc

/// Two ends of a pipe of this process.
final class Pipe: Sendable {
  let reading: Int32
  private let writing: Int32

  init() {
    var ends: [Int32] = [0, 0]
    precondition(pipe(&ends) == 0, "no pipe")
    (reading, writing) = (ends[0], ends[1])
  }

  func write() { _ = Glibc.write(writing, "x", 1) }
  func close() { _ = Glibc.close(writing) }
}
