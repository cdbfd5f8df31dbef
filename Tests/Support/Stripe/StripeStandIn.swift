internal import Glibc
internal import Synchronization

/// Answers on loopback as Stripe's reference describes it: the key, one price, a session's line items in pages,
/// errors. One thread for each connection. What is put into `script` comes first, an answer for each request.
package final class StripeStandIn: Sendable {
  package enum Answer: Sendable {
    case status(Int, headers: [String] = [], body: String = #"{"error":{"type":"api_error"}}"#)
    /// Closes the connection instead of answering.
    case hangUp
    /// Never answers.
    case silence
  }

  package struct Request: Sendable {
    package let line: String
    package let headers: [String: String]
    package var target: String { String(line.split(separator: " ")[1]) }
  }

  package let port: Int
  private let key: String
  /// Ids of line items by session; JSON of prices and, where they are not the sample, of line items by id.
  private let sessions: [String: [String]]
  private let items: [String: String]
  private let prices: [String: String]
  private let listener: Int32
  private let state: Mutex<(script: [Answer], requests: [Request])>

  package init(
    key: String, sessions: [String: [String]] = [:], items: [String: String] = [:],
    prices: [String: String] = [:],
    script: [Answer] = []
  ) throws {
    (self.key, self.sessions, self.items, self.prices) = (key, sessions, items, prices)
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
    StripeStandIn.thread { [self] in accept() }
  }

  package var address: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { state.withLock { $0.requests } }

  /// Stops accepting; open connections end with their clients.
  package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { break }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      StripeStandIn.thread { [self] in
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

  private func answer(_ request: Request) -> Answer {
    func failure(_ status: Int, _ code: String, _ message: String) -> Answer {
      .status(
        status, headers: ["Request-Id: req_\(code)"],
        body: #"{"error":{"type":"invalid_request_error","code":"\#(code)","message":"\#(message)"}}"#)
    }
    let given = request.headers["authorization"] ?? ""
    guard given == "Bearer \(key)" else { return failure(401, "api_key_invalid", "Invalid key: \(given)") }
    guard request.line.hasPrefix("GET ") else { return failure(405, "method_not_allowed", "only GET") }
    let parts = request.target.split(separator: "?")
    let names = parts[0].split(separator: "/").map(String.init)
    let query = Dictionary(
      (parts.count > 1 ? parts[1] : "").split(separator: "&").map {
        $0.split(separator: "=").map(String.init)
      }
      .map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
    if names.count == 3, names.prefix(2) == ["v1", "prices"], let price = prices[names[2]] {
      return .status(200, body: price)
    }
    guard names.count == 5, names.prefix(3) == ["v1", "checkout", "sessions"], names[4] == "line_items",
      let list = sessions[names[3]]
    else { return failure(404, "resource_missing", "No such thing: '\(names.last ?? "")'") }
    guard let limit = query["limit"].flatMap({ Int($0) }), (1...100).contains(limit) else {
      return failure(400, "parameter_invalid_integer", "limit")
    }
    var start = 0
    if let cursor = query["starting_after"] {
      guard let place = list.firstIndex(of: cursor) else {
        return failure(400, "resource_missing", "cursor")
      }
      start = place + 1
    }
    let page = list[start...].prefix(limit)
    let elements = page.map { id in
      items[id] ?? SampleEvents.lineItem.replacing(#""id":"li_1""#, with: #""id":"\#(id)""#)
    }
    return .status(
      200, body: SampleEvents.list(elements.joined(separator: ","), hasMore: page.endIndex < list.endIndex))
  }

  /// False when the connection is done.
  private func send(_ answer: Answer, to connection: Int32) -> Bool {
    guard case .status(let status, let headers, let body) = answer else {
      if case .silence = answer { _ = read(connection) }
      return false
    }
    let head = [
      "HTTP/1.1 \(status) Said", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
    ]
    let bytes = Array((head + headers).joined(separator: "\r\n").utf8) + Array("\r\n\r\n\(body)".utf8)
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

  /// The next request's head; the client sends no bodies. Nil when the connection ends.
  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      bytes += piece[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let headers = lines.dropFirst().map { line in
      let name = line.prefix { $0 != ":" }
      return (name.lowercased(), String(line.dropFirst(name.count + 1).drop { $0 == " " }))
    }
    return Request(
      line: String(lines[0]), headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }))
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
