import Glibc
import Testing

/// A connection of its own, for requests that no client sends. Reads without keeping a thread waiting: the
/// server needs those of this process's tasks.
final class RawConnection {
  private let descriptor: Int32
  private(set) var received: [UInt8] = []
  private(set) var isClosed = false

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
  }

  deinit { close(descriptor) }

  var text: String { String(decoding: received, as: UTF8.self) }

  /// - Returns: false when the other end is gone.
  @discardableResult
  func send(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// Takes what has come.
  func receive() {
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &piece, piece.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        received += piece[..<count]
      } else {
        if count == 0 || (errno != EAGAIN && errno != EINTR) { isClosed = true }
        return
      }
    }
  }

  func closes(within seconds: Int = 10) async -> Bool {
    await eventually(within: seconds) {
      receive()
      return isClosed
    }
  }

  func says(_ part: String, within seconds: Int = 10) async -> Bool {
    await eventually(within: seconds) {
      receive()
      return text.contains(part)
    }
  }
}
