import Glibc
import Synchronization

/// A small HTTP server for tests: one thread per connection, keep-alive, on loopback or a Unix socket.
///
/// Paths: `/hello`; `/echo` (method, headers and body come back); `/silent` (never answers); `/chunks/N` (N
/// chunks of 64 KiB); `/ticks` (a chunk per `tick()`); `/burst/N/SIZE` (N chunks of SIZE bytes, then as
/// `/ticks`); `/status/N`; `/redirect` (to `/hello`); `/break` (closes mid-body).
final class LoopbackServer: Sendable {
  enum Location: Sendable {
    case loopback
    case unix(String)
  }

  let port: Int
  private let listener: Int32
  private let counters = Mutex(Counters())
  private let ticks = Mutex<[Int32]>([])

  private struct Counters {
    var connections = 0
    var requests = 0
    var bytesSent = 0
  }

  var connections: Int { counters.withLock { $0.connections } }
  var requests: Int { counters.withLock { $0.requests } }
  var bytesSent: Int { counters.withLock { $0.bytesSent } }

  init(_ location: Location = .loopback) throws {
    (listener, port) = try LoopbackServer.listen(at: location)
    LoopbackServer.thread { [self] in accept() }
  }

  private static func listen(at location: Location) throws -> (listener: Int32, port: Int) {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let listener: Int32
    let status: Int32
    var port = 0
    switch location {
    case .loopback:
      listener = socket(AF_INET, kind, 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          bind(listener, generic, length) | getsockname(listener, generic, &length)
        }
      }
      port = Int(UInt16(bigEndian: address.sin_port))
    case .unix(let path):
      listener = socket(AF_UNIX, kind, 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          bind(listener, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    guard status == 0, Glibc.listen(listener, 512) == 0 else { throw SystemFailure("bind and listen", errno) }
    return (listener, port)
  }

  /// Stops accepting; open connections end with their clients.
  func stop() { Glibc.shutdown(listener, Int32(SHUT_RDWR)) }

  /// Sends a chunk to all clients of `/ticks`.
  func tick() {
    for connection in ticks.withLock({ $0 }) { _ = send(connection, "5\r\ntick\n\r\n") }
  }

  var listeners: Int { ticks.withLock { $0.count } }

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { break }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      counters.withLock { $0.connections += 1 }
      LoopbackServer.thread { [self] in
        serve(connection)
        ticks.withLock { $0.removeAll { $0 == connection } }
        close(connection)
      }
    }
    close(listener)
  }

  private func serve(_ connection: Int32) {
    var buffer: [UInt8] = []
    while let head = readHead(connection, &buffer) {
      counters.withLock { $0.requests += 1 }
      let lines = head.split(separator: "\r\n")
      let words = (lines.first ?? "").split(separator: " ")
      guard words.count >= 2 else { return }
      let length =
        lines.first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.split(separator: ":")[1].filter { $0 != " " }) } ?? 0
      while buffer.count < length { guard read(connection, &buffer) else { return } }
      let body = Array(buffer.prefix(length))
      buffer.removeFirst(length)
      guard answer(connection, path: String(words[1]), head: head, body: body) else { return }
    }
  }

  /// False when the connection is done.
  private func answer(_ connection: Int32, path: String, head: String, body: [UInt8]) -> Bool {
    let parts = path.prefix { $0 != "?" }.split(separator: "/")
    let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    switch parts.first {
    case "hello": return respond(connection, 200, Array("hello".utf8))
    case "echo": return respond(connection, 200, Array(head.utf8) + Array("\r\n\r\n".utf8) + body)
    case "status": return respond(connection, number, [])
    case "redirect":
      return send(connection, "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 4\r\n\r\nmove")
    case "break":
      _ = send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
      return false
    case "chunks":
      guard sendChunkedHead(connection) else { return false }
      let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
      for _ in 0..<number { guard send(connection, chunk) else { return false } }
      return send(connection, "0\r\n\r\n")
    case "ticks":
      guard sendChunkedHead(connection) else { return false }
      return waitForTicks(connection)
    case "burst":
      guard sendChunkedHead(connection) else { return false }
      let size = parts.count > 2 ? Int(parts[2]) ?? 0 : 0
      let chunk = "\(String(size, radix: 16))\r\n" + String(repeating: "x", count: size) + "\r\n"
      for _ in 0..<number { guard send(connection, chunk) else { return false } }
      return waitForTicks(connection)
    default:
      var ignored: [UInt8] = []
      while read(connection, &ignored) {}
      return false
    }
  }

  /// Listens for ticks until the client closes.
  private func waitForTicks(_ connection: Int32) -> Bool {
    ticks.withLock { $0.append(connection) }
    var ignored: [UInt8] = []
    while read(connection, &ignored) {}
    return false
  }

  private func sendChunkedHead(_ connection: Int32) -> Bool {
    send(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kind: stream\r\n\r\n")
  }

  private func respond(_ connection: Int32, _ status: Int, _ body: [UInt8]) -> Bool {
    let head = "HTTP/1.1 \(status) Fine\r\nContent-Length: \(body.count)\r\nX-Test: yes\r\n\r\n"
    return send(connection, head + String(decoding: body, as: UTF8.self))
  }

  private func send(_ connection: Int32, _ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      offset += count
      counters.withLock { $0.bytesSent += count }
    }
    return true
  }

  private func readHead(_ connection: Int32, _ buffer: inout [UInt8]) -> String? {
    while true {
      let end = buffer.indices.dropLast(3).first { Array(buffer[$0..<$0 + 4]) == [13, 10, 13, 10] }
      if let end {
        let head = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeFirst(end + 4)
        return head
      }
      guard read(connection, &buffer) else { return nil }
    }
  }

  private func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Bool {
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    let count = recv(connection, &piece, piece.count, 0)
    guard count > 0 else { return false }
    buffer += piece[..<count]
    return true
  }

  private static func thread(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let work: @Sendable () -> Void
      init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(work)).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, context)
    pthread_detach(thread)
  }
}

struct SystemFailure: Error, CustomStringConvertible {
  let description: String
  init(_ call: String, _ number: Int32) { description = "\(call): \(String(cString: strerror(number)))" }
}
