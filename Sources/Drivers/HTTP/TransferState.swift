internal import Model

/// The state of a transfer. Pure: its methods return the continuation to resume, which the caller does
/// without the lock.
struct TransferState {
  enum Delivery { case whole, stream }
  enum BodyAction { case accept, pause, abort }
  typealias Waiting<Value: Sendable> = CheckedContinuation<Result<Value, HTTPError>, Never>

  enum Waiter {
    case response(Waiting<HTTPResponse>)
    case head(Waiting<HTTPHead>)
    case piece(Waiting<[UInt8]?>)
  }

  enum Wake {
    case response(Waiting<HTTPResponse>, Result<HTTPResponse, HTTPError>)
    case head(Waiting<HTTPHead>, Result<HTTPHead, HTTPError>)
    case piece(Waiting<[UInt8]?>, Result<[UInt8]?, HTTPError>)

    func perform() {
      switch self {
      case .response(let waiter, let result): waiter.resume(returning: result)
      case .head(let waiter, let result): waiter.resume(returning: result)
      case .piece(let waiter, let result): waiter.resume(returning: result)
      }
    }
  }

  /// A stream whose reader lags this many bytes behind pauses its sender.
  static let pauseAtBytes = 256 << 10

  var isCancelled = false
  private let delivery: Delivery
  private let peer: String
  private let limit: Int
  private let followsRedirects: Bool
  private var status = 0
  private var headers = HTTPHeaders()
  private var head: HTTPHead?
  /// The whole body so far; of a stream, the bytes that its reader has not taken yet.
  private var body: [UInt8] = []
  private var isPaused = false
  private var overrun: HTTPError?
  private var end: Result<Void, HTTPError>?
  private var waiter: Waiter?

  init(_ request: HTTPRequest, delivery: Delivery) {
    self.delivery = delivery
    peer = request.peer
    limit = request.maximumResponseBytes
    followsRedirects = request.followRedirects
  }

  mutating func wait(for waiter: Waiter) -> Wake? {
    self.waiter = waiter
    return wake()
  }

  /// Whether the sender was paused and may continue; afterwards it counts as running.
  mutating func takeResumption() -> Bool {
    guard isPaused, body.isEmpty else { return false }
    isPaused = false
    return true
  }

  /// Receives one header line with its line end; libcurl passes status lines and trailers the same way.
  mutating func receiveHeader(_ line: UnsafeRawBufferPointer) -> Wake? {
    var text = String(decoding: line, as: UTF8.self)
    while let last = text.unicodeScalars.last, last == "\r" || last == "\n" || last == " " {
      text.unicodeScalars.removeLast()
    }
    if text.hasPrefix("HTTP/") {
      let parts = text.split(separator: " ", maxSplits: 2)
      status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
      headers = HTTPHeaders()
      head = nil
    } else if head != nil {
      return nil
    } else if text.isEmpty {
      let isRedirect = followsRedirects && (300..<400).contains(status) && headers["location"] != nil
      guard status >= 200, !isRedirect else { return nil }
      head = HTTPHead(status: status, headers: headers)
      return wake()
    } else if let colon = text.firstIndex(of: ":") {
      let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      headers.append(String(text[..<colon]), String(value))
    }
    return nil
  }

  mutating func receiveBody(_ bytes: UnsafeRawBufferPointer) -> (BodyAction, Wake?) {
    // The body of a redirect that is followed is discarded.
    guard head != nil else { return (.accept, nil) }
    switch delivery {
    case .whole:
      guard body.count + bytes.count <= limit else {
        overrun = HTTPError(.tooLarge, peer: peer, detail: "more than \(limit) bytes")
        return (.abort, nil)
      }
    case .stream:
      guard body.isEmpty || body.count + bytes.count <= TransferState.pauseAtBytes else {
        isPaused = true
        return (.pause, nil)
      }
    }
    body.append(contentsOf: bytes)
    return (.accept, delivery == .stream ? wake() : nil)
  }

  mutating func finish(_ error: HTTPError?) -> Wake? {
    guard end == nil else { return nil }
    if let error {
      end = .failure(overrun ?? error)
    } else if head == nil {
      end = .failure(HTTPError(.connectionLost, peer: peer, detail: "no response head"))
    } else {
      end = .success(())
    }
    return wake()
  }

  /// Serves the waiter if its value is available.
  private mutating func wake() -> Wake? {
    switch waiter {
    case nil: return nil
    case .response(let continuation)?:
      guard let end else { return nil }
      waiter = nil
      let whole = HTTPResponse(head: head ?? HTTPHead(status: status, headers: headers), body: body)
      return .response(continuation, end.map { whole })
    case .head(let continuation)?:
      if let head {
        waiter = nil
        return .head(continuation, .success(head))
      }
      guard case .failure(let error)? = end else { return nil }
      waiter = nil
      return .head(continuation, .failure(error))
    case .piece(let continuation)?:
      if !body.isEmpty {
        waiter = nil
        let piece = body
        body = []
        return .piece(continuation, .success(piece))
      }
      guard let end else { return nil }
      waiter = nil
      return .piece(continuation, end.map { nil })
    }
  }
}
