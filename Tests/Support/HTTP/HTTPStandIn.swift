internal import Glibc
internal import Synchronization

/// An HTTP server on loopback that answers as a test scripts it, and records the requests. What is put into
/// `script` comes first, an answer for each request. One thread for each connection.
package final class HTTPStandIn: Sendable {
  package enum Answer: Sendable {
    case status(Int, headers: [String] = [], body: String = "")
    /// Closes the connection instead of answering.
    case hangUp
    /// Never answers.
    case silence
  }

  package struct Request: Sendable {
    package let line: String
    /// By name in lower case.
    package let headers: [String: String]
    package let body: [UInt8]
    package var target: String { String(line.split(separator: " ")[1]) }
  }

  package let port: Int
  private let listener: Int32
  private let state: Mutex<(script: [Answer], requests: [Request])>

  private let answer: @Sendable (Request) -> Answer

  package init(
    _ script: [Answer] = [], answer: @escaping @Sendable (Request) -> Answer = { _ in .status(404) }
  ) throws {
    self.answer = answer
    state = Mutex((script, []))
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(socket, generic, length) | getsockname(socket, generic, &length)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    guard status == 0, listen(listener, 64) == 0 else { throw StandInFailure(number: errno) }
    HTTPStandIn.thread { [self] in accept() }
  }

  package var address: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { state.withLock { $0.requests } }
  package var lines: [String] { requests.map(\.line) }

  /// Stops accepting; open connections end with their clients.
  package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { break }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      HTTPStandIn.thread { [self] in
        while let request = read(connection) {
          let scripted = state.withLock { state in
            state.requests.append(request)
            return state.script.isEmpty ? nil : state.script.removeFirst()
          }
          guard send(scripted ?? answer(request), to: connection) else { break }
        }
        close(connection)
      }
    }
    close(listener)
  }

  /// False when the connection is done.
  private func send(_ answer: Answer, to connection: Int32) -> Bool {
    guard case .status(let status, let headers, let body) = answer else {
      if case .silence = answer { _ = read(connection) }
      return false
    }
    let lines = ["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)"] + headers
    return send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, to: connection)
  }

  private func send(_ text: String, to connection: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  /// The next request with its body; nil when the connection ends.
  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let headers = Dictionary(
      lines.dropFirst().map { line in
        let name = line.prefix { $0 != ":" }
        return (name.lowercased(), String(line.dropFirst(name.count + 1).drop { $0 == " " }))
      }, uniquingKeysWith: { first, _ in first })
    if headers["expect"] != nil, !send("HTTP/1.1 100 Continue\r\n\r\n", to: connection) { return nil }
    var body: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while body.count < length {
      let count = recv(connection, &piece, min(piece.count, length - body.count), 0)
      guard count > 0 else { return nil }
      body += piece[..<count]
    }
    return Request(line: String(lines[0]), headers: headers, body: body)
  }

  private static func thread(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let work: @Sendable () -> Void
      init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, Unmanaged.passRetained(Box(work)).toOpaque())
    pthread_detach(thread)
  }
}

package struct StandInFailure: Error, CustomStringConvertible {
  package let number: Int32
  package var description: String { String(cString: strerror(number)) }
}
