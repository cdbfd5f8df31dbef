internal import Model

/// Sends requests and reuses connections. One thread per client carries all its transfers.
///
/// Make few clients and keep them: connections are shared within a client only. Letting go of the last reference
/// shuts it down. Safe to use from any task.
package final class HTTPClient: Sendable {
  private let loop: TransferLoop

  /// - Parameter connectionsPerHost: Requests beyond this many at once wait for a free connection.
  ///   Streams and long waits hold a connection each.
  package init(connectionsPerHost: Int = 256) {
    loop = TransferLoop(connectionsPerHost: connectionsPerHost)
  }

  deinit { loop.shutdown() }

  /// Sends and waits for the whole response. Cancelling the task aborts the transfer.
  package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let transfer = Transfer(request, delivery: .whole)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        transfer.expectResponse(continuation)
        loop.start(transfer)
      }
    } onCancel: {
      loop.cancel(transfer)
    }
    return try result.get()
  }

  /// The same, but a cancelled task's request is sent too and waited for: for calls that undo what was begun. They end
  /// with `totalTimeout` at the latest.
  package func sendRegardless(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let transfer = Transfer(request, delivery: .whole)
    let result = await withCheckedContinuation { continuation in
      transfer.expectResponse(continuation)
      loop.start(transfer)
    }
    return try result.get()
  }

  /// Sends and returns as soon as the headers are there; the body is read from the stream.
  /// A reader that pauses makes the sender pause. `totalTimeout` counts for the whole stream: mostly nil here.
  package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPBodyStream {
    let transfer = Transfer(request, delivery: .stream)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        transfer.expectHead(continuation)
        loop.start(transfer)
      }
    } onCancel: {
      loop.cancel(transfer)
    }
    return HTTPBodyStream(head: try result.get(), transfer: transfer, client: self)
  }

  /// Aborts what is running with `HTTPError.Code.closed` and refuses what comes later. Repeating does nothing.
  package func shutdown() { loop.shutdown() }

  fileprivate func cancel(_ transfer: Transfer) { loop.cancel(transfer) }
  fileprivate func resume(_ transfer: Transfer) { loop.resume(transfer) }
}

/// The body of a response as it arrives, in pieces of whatever size. One reader; letting go of it aborts the transfer.
package final class HTTPBodyStream: Sendable, AsyncSequence {
  package typealias Element = [UInt8]
  package typealias Failure = HTTPError

  package let head: HTTPHead
  private let transfer: Transfer
  private let client: HTTPClient

  init(head: HTTPHead, transfer: Transfer, client: HTTPClient) {
    self.head = head
    self.transfer = transfer
    self.client = client
  }

  deinit { client.cancel(transfer) }

  package var status: Int { head.status }
  package var headers: HTTPHeaders { head.headers }

  package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

  /// Reads the rest of the body, failing with `tooLarge` beyond `limit` bytes.
  package func collect(limit: Int) async throws(HTTPError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try await next() {
      bytes.append(contentsOf: piece)
      if bytes.count > limit { throw HTTPError(.tooLarge, peer: transfer.request.peer) }
    }
    return bytes
  }

  fileprivate func next() async throws(HTTPError) -> [UInt8]? {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if transfer.expectPiece(continuation) { client.resume(transfer) }
      }
    } onCancel: {
      client.cancel(transfer)
    }
    return try result.get()
  }

  package struct Iterator: AsyncIteratorProtocol {
    fileprivate let stream: HTTPBodyStream

    package mutating func next() async throws(HTTPError) -> [UInt8]? { try await stream.next() }

    package mutating func next(isolation: isolated (any Actor)?) async throws(HTTPError) -> [UInt8]? {
      try await stream.next()
    }
  }
}
