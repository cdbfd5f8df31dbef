import Glibc

/// Ports of 127.0.0.1.
package enum Loopback {
  /// A port that was free when it was read.
  package static func freePort() throws -> Int {
    let (socket, port) = try occupyPort()
    close(socket)
    return port
  }

  /// A listening socket on a port of its own; the caller closes it.
  package static func occupyPort() throws -> (socket: Int32, port: Int) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(socket, generic, length) | getsockname(socket, generic, &length)
      }
    }
    guard status == 0, listen(socket, 1) == 0 else {
      close(socket)
      throw SupportError("no free port on 127.0.0.1: \(errno)")
    }
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
  }
}
