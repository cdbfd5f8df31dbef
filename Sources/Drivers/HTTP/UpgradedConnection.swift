import Glibc
internal import Model

/// One upgraded connection from connecting to its end. Blocks, so it runs on a thread of its own.
struct UpgradedConnection {
  private let request: HTTPRequest
  private let wake: WakeUp
  private let receive: (ArraySlice<UInt8>) -> Bool
  private let deadline: ContinuousClock.Instant?
  private let input: [UInt8]
  /// The bytes that are not sent yet.
  private var unsent: ArraySlice<UInt8>
  private var socket: Int32 = -1
  private var response = UpgradeResponse()

  init(
    _ request: HTTPRequest, head: [UInt8], input: [UInt8], wake: WakeUp,
    receive: @escaping (ArraySlice<UInt8>) -> Bool
  ) {
    self.request = request
    self.wake = wake
    self.receive = receive
    self.input = input
    deadline = request.totalTimeout.map { ContinuousClock().now.advanced(by: $0) }
    unsent = head[...]
  }

  mutating func run() -> Result<HTTPResponse, HTTPError> {
    defer { if socket >= 0 { close(socket) } }
    do throws(HTTPError) {
      socket = try connected()
      try exchange()
      return .success(try response.complete(peer: request.peer))
    } catch {
      return .failure(error)
    }
  }

  /// Sends and receives until the peer closes, or has sent its whole rejection of the upgrade.
  private mutating func exchange() throws(HTTPError) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var hasSentInput = false
    while true {
      let events = try wait(for: socket, sends: !unsent.isEmpty, until: deadline)
      if events & Int16(POLLOUT) != 0, !unsent.isEmpty { try send() }
      if events & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count == 0 { return }
        if count > 0 {
          guard let piece = response.receive(buffer[..<count], peer: request.peer) else { return }
          if !piece.isEmpty, !receive(piece) { throw failure(.tooLarge, "the reader has enough") }
        } else if errno != EAGAIN && errno != EINTR {
          throw failure(.connectionLost, "recv: errno \(errno)")
        }
      }
      // Bytes sent before the peer accepts the upgrade may be lost: Docker 20.10 drops them.
      if response.isUpgraded, !hasSentInput {
        hasSentInput = true
        unsent = input[...]
        if input.isEmpty { shutdown(socket, Int32(SHUT_WR)) }
      }
      if response.isComplete { return }
    }
  }

  private mutating func send() throws(HTTPError) {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    let count = unsent.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, flags) }
    if count > 0 {
      unsent = unsent.dropFirst(count)
      if unsent.isEmpty, response.isUpgraded { shutdown(socket, Int32(SHUT_WR)) }
    } else if errno == EPIPE || errno == ECONNRESET {
      // The peer no longer reads; only what it sends matters.
      unsent = []
    } else if errno != EAGAIN && errno != EINTR {
      throw failure(.connectionLost, "send: errno \(errno)")
    }
  }

  private func connected() throws(HTTPError) -> Int32 {
    let limit = ContinuousClock().now.advanced(by: request.connectTimeout)
    let until = deadline.map { min($0, limit) } ?? limit
    var last = failure(.connectionRefused, "no address")
    for address in try SocketAddress.all(of: request) {
      let socket = Glibc.socket(
        address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      guard socket >= 0 else { throw failure(.failed, "socket: errno \(errno)") }
      do throws(HTTPError) {
        try connect(socket, to: address, until: until)
        return socket
      } catch {
        close(socket)
        last = error
        if error.code == .cancelled || error.code == .timedOut { break }
      }
    }
    throw last
  }

  private func connect(
    _ socket: Int32, to address: SocketAddress, until: ContinuousClock.Instant
  ) throws(HTTPError) {
    while true {
      let status = address.bytes.withUnsafeBytes { raw in
        // `bytes` holds a socket address of this family, from the system or laid out by `SocketAddress`.
        raw.withMemoryRebound(to: sockaddr.self) {
          Glibc.connect(socket, $0.baseAddress, socklen_t(raw.count))
        }
      }
      if status == 0 { return }
      switch errno {
      case EINPROGRESS:
        _ = try wait(for: socket, sends: true, until: until)
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &number, &length)
        guard number == 0 else { throw failure(.connectionRefused, "connect: errno \(number)") }
        return
      case EAGAIN:
        // The queue of a Unix socket is full; no event reports when it has space.
        let pause = min(until, ContinuousClock().now.advanced(by: .milliseconds(20)))
        if try !sleep(until: pause) { throw failure(.cancelled) }
        if ContinuousClock().now >= until { throw failure(.timedOut, "connecting") }
      case EINTR: continue
      case ENOENT: throw failure(.socketMissing)
      case EACCES, EPERM: throw failure(.permissionDenied)
      default: throw failure(.connectionRefused, "connect: errno \(errno)")
      }
    }
  }

  /// Waits until then; returns whether no cancellation arrived.
  private func sleep(until: ContinuousClock.Instant) throws(HTTPError) -> Bool {
    var descriptors = [pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)]
    return poll(&descriptors, 1, milliseconds(until)) <= 0
  }

  /// Waits for events on the socket and returns them.
  private func wait(
    for socket: Int32, sends: Bool, until: ContinuousClock.Instant?
  ) throws(HTTPError) -> Int16 {
    while true {
      var descriptors = [
        pollfd(fd: socket, events: Int16(POLLIN) | (sends ? Int16(POLLOUT) : 0), revents: 0),
        pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&descriptors, 2, until.map(milliseconds) ?? -1)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure(.failed, "poll: errno \(errno)") }
      if descriptors[1].revents != 0 { throw failure(.cancelled) }
      if let until, ContinuousClock().now >= until { throw failure(.timedOut) }
      if descriptors[0].revents != 0 { return descriptors[0].revents }
    }
  }

  /// At least one, so that waiting never spins.
  private func milliseconds(_ until: ContinuousClock.Instant) -> Int32 {
    let parts = ContinuousClock().now.duration(to: until).components
    let whole = parts.seconds.multipliedReportingOverflow(by: 1000)
    guard !whole.overflow, whole.partialValue < Int64(Int32.max) - 1000 else { return Int32.max }
    return Int32(max(1, whole.partialValue + parts.attoseconds / 1_000_000_000_000_000 + 1))
  }

  private func failure(_ code: HTTPError.Code, _ detail: String = "") -> HTTPError {
    HTTPError(code, peer: request.peer, detail: detail)
  }
}
