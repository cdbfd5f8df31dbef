internal import Model

/// A request that upgrades its connection to a stream of bytes in both directions (RFC 9110, 7.8). Docker
/// uses it for the input and output of processes. Each upgraded connection has a thread of its own, which
/// ends with it.
package struct HTTPUpgrade: Sendable {
  private let request: HTTPRequest
  private let name: String
  private let input: [UInt8]

  /// - Parameters:
  ///   - request: Over plain TCP or a Unix socket. `totalTimeout` covers the whole connection.
  ///   - name: The protocol to upgrade to, such as `tcp`.
  ///   - input: Sent once the peer has accepted the upgrade; then the sending half is closed.
  package init(_ request: HTTPRequest, to name: String, sending input: [UInt8]) {
    self.request = request
    self.name = name
    self.input = input
  }

  /// Connects, and returns when the peer has closed its half. Cancelling the task closes the connection.
  /// - Parameter receive: Called on the connection's thread with every piece received; the connection waits
  ///   for it. Returning false ends the connection with `tooLarge`.
  /// - Returns: The head of the response; with its body, where the peer rejected the upgrade.
  package func run(
    receive: @escaping @Sendable (ArraySlice<UInt8>) -> Bool
  ) async throws(HTTPError) -> HTTPResponse {
    guard let wake = WakeUp() else {
      throw HTTPError(.failed, peer: request.peer, detail: "no descriptor is left")
    }
    let head = try requestHead()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isStarted = DetachedThread.start { [request, input] in
          var connection = UpgradedConnection(
            request, head: head, input: input, wake: wake, receive: receive)
          continuation.resume(returning: connection.run())
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
