internal import Model

/// A request whose connection carries bytes both ways once it was answered (RFC 9110, 7.8), as Docker does for the input
/// and output of processes. Each has a thread of its own, which ends with the conversation.
package struct HTTPUpgrade: Sendable {
  private let request: HTTPRequest
  private let name: String
  private let input: [UInt8]

  /// - Parameters:
  ///   - request: over plain TCP or a Unix socket. `totalTimeout` counts for the whole conversation.
  ///   - name: the protocol that is asked for, such as `tcp`.
  ///   - input: sent once the other side has agreed; then this side's half is closed.
  package init(_ request: HTTPRequest, to name: String, sending input: [UInt8]) {
    self.request = request
    self.name = name
    self.input = input
  }

  /// Returns when the other side has closed its half. Cancelling the task closes the connection.
  /// - Parameter receive: called on the connection's thread with every piece that comes, which waits for it; false ends
  ///   the conversation with `tooLarge`.
  /// - Returns: head of the answer; with its body, where the other side did not agree.
  package func converse(
    receive: @escaping @Sendable (ArraySlice<UInt8>) -> Bool
  ) async throws(HTTPError) -> HTTPResponse {
    guard let wake = WakeUp() else {
      throw HTTPError(.failed, peer: request.peer, detail: "no descriptor is left")
    }
    let head = try requestHead()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isStarted = DetachedThread.start { [request, input] in
          var conversation = UpgradedConnection(
            request, head: head, input: input, wake: wake, receive: receive)
          continuation.resume(returning: conversation.run())
        }
        if !isStarted {
          let error = HTTPError(.failed, peer: request.peer, detail: "no thread is left")
          continuation.resume(returning: Result<HTTPResponse, HTTPError>.failure(error))
        }
      }
    } onCancel: {
      wake.signal()
    }
    return try result.get()
  }

  private func requestHead() throws(HTTPError) -> [UInt8] {
    let authority = request.url.split(separator: "/", maxSplits: 2)
    guard request.url.hasPrefix("http://"), authority.count > 1 else {
      throw HTTPError(.invalidRequest, peer: request.peer, detail: "only http:// can be upgraded")
    }
    let target = authority.count > 2 ? "/" + authority[2] : "/"
    var lines = [
      "\(request.method.rawValue) \(target) HTTP/1.1", "Host: \(authority[1])", "Connection: Upgrade",
      "Upgrade: \(name)", "Content-Length: \(request.body.count)",
    ]
    for header in request.headers { lines.append("\(header.name): \(header.value.reveal())") }
    guard !lines.contains(where: { $0.utf8.contains { $0 < 32 || $0 == 127 } }), !target.contains(" ") else {
      throw HTTPError(.invalidRequest, peer: request.peer, detail: "control character in the request's head")
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + request.body
  }
}
