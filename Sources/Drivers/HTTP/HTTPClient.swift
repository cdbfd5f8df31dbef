internal import Model

/// Sends requests and reuses connections. One thread per client runs all its transfers.
///
/// Create few clients and keep them: connections are shared within a client only. Releasing the last
/// reference shuts the client down. Safe to use from any task.
package final class HTTPClient: Sendable {
  private let loop: TransferLoop

  /// - Parameter connectionsPerHost: Further concurrent requests wait for a free connection. Every stream and
  ///   long poll holds one connection.
  package init(connectionsPerHost: Int = 256) {
    loop = TransferLoop(connectionsPerHost: connectionsPerHost)
  }

  deinit { loop.shutdown() }

  /// Sends the request and returns the whole response. Cancelling the task aborts the transfer.
  package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let transfer = Transfer(request, delivery: .whole)
    return try await result(of: transfer, expecting: transfer.expectResponse).get()
  }

  /// Like `send`, but completes in a cancelled task too, for requests that reverse an earlier one. Returns
  /// within `totalTimeout`.
  package func sendUncancellable(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let transfer = Transfer(request, delivery: .whole)
    let result = await withCheckedContinuation { continuation in
      transfer.expectResponse(continuation)
      loop.start(transfer)
    }
    return try result.get()
  }

  /// Sends the request and returns once the headers have arrived; the body is read from the stream. A reader
  /// that pauses makes the sender pause. `totalTimeout` covers the whole stream; it is usually nil here.
  package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPBodyStream {
    let transfer = Transfer(request, delivery: .stream)
    let head = try await result(of: transfer, expecting: transfer.expectHead).get()
    return HTTPBodyStream(head: head, transfer: transfer, client: self)
  }

  /// Starts the transfer and waits for what `expect` registers. Cancelling the task aborts the transfer.
  private func result<Output: Sendable>(
    of transfer: Transfer, expecting expect: (TransferState.Waiting<Output>) -> Void
  ) async -> Result<Output, HTTPError> {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        expect(continuation)
        loop.start(transfer)
      }
    } onCancel: {
      loop.cancel(transfer)
    }
  }

  /// Aborts running requests with `HTTPError.Code.closed` and rejects later ones. Calling it again does
  /// nothing.
  package func shutdown() { loop.shutdown() }

  fileprivate func cancel(_ transfer: Transfer) { loop.cancel(transfer) }
  fileprivate func resume(_ transfer: Transfer) { loop.resume(transfer) }
}

/// The body of a response as it arrives, in pieces of any size. Has one reader; releasing it aborts the
/// transfer.
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
