import HTTP
import HTTPSupport
import Model
import Synchronization
import Testing

/// Requests after which a connection carries bytes both ways.
@Suite(.timeLimit(.minutes(1)))
struct UpgradeTests {
  private let received = ReceivedText()

  private func converse(
    _ answer: HTTPStandIn.Answer, sending input: String = "", timeout: Duration = .seconds(20),
    limit: Int = .max
  ) async throws -> (response: HTTPResponse, server: HTTPStandIn) {
    let server = try HTTPStandIn([answer])
    defer { server.stop() }
    var request = HTTPRequest(.post, "\(server.address)/talk?a=1")
    request.totalTimeout = timeout
    request.body = Array("{}".utf8)
    request.add("Content-Type", "application/json")
    let upgrade = HTTPUpgrade(request, to: "tcp", sending: Array(input.utf8))
    let response = try await upgrade.run { [received] in received.take($0, limit: limit) }
    return (response, server)
  }

  @Test("Bytes after the accepted upgrade are the stream")
  func bytesAfterTheAcceptedUpgradeAreTheStream() async throws {
    let (response, server) = try await converse(.status(101, body: "hello"))
    #expect(response.status == 101 && response.body.isEmpty)
    #expect(received.text == "hello")
    let request = try #require(server.requests.first)
    #expect(request.line == "POST /talk?a=1 HTTP/1.1" && request.body == Array("{}".utf8))
    #expect(request.headers["upgrade"] == "tcp" && request.headers["connection"] == "Upgrade")
  }

  @Test("Input is sent once the upgrade is accepted")
  func inputIsSentOnceTheUpgradeIsAccepted() async throws {
    // The stand-in takes the input for the next request.
    let (_, server) = try await converse(.status(101), sending: "GET /input HTTP/1.1\r\n\r\n")
    #expect(server.lines == ["POST /talk?a=1 HTTP/1.1", "GET /input HTTP/1.1"])
  }

  @Test("A rejected upgrade is a response") func aRejectedUpgradeIsAResponse() async throws {
    let (response, server) = try await converse(.status(409, body: #"{"message":"no"}"#), sending: "input")
    #expect(response.status == 409 && response.text == #"{"message":"no"}"#)
    #expect(received.text.isEmpty && server.lines.count == 1)
  }

  @Test("A peer that closes before its response is an error")
  func aPeerThatClosesBeforeItsResponseIsAnError() async throws {
    let code = try await code(.hangUp)
    #expect(code == .connectionLost)
  }

  @Test("A silent peer ends with the timeout") func aSilentPeerEndsWithTheTimeout() async throws {
    let code = try await code(.silence, timeout: .milliseconds(200))
    #expect(code == .timedOut)
  }

  @Test("A reader that stops ends the connection")
  func aReaderThatStopsEndsTheConnection() async throws {
    let code = try await code(.status(101, body: String(repeating: "x", count: 1 << 20)), limit: 1000)
    #expect(code == .tooLarge)
  }

  @Test("Cancelling closes the connection") func cancellingClosesTheConnection() async throws {
    let server = try HTTPStandIn([.silence])
    defer { server.stop() }
    let task = Task {
      try await HTTPUpgrade(HTTPRequest(.post, server.address), to: "tcp", sending: []).run { _ in true }
    }
    try await eventually { server.lines.count == 1 }
    task.cancel()
    let error = await failure { _ = try await task.value }
    #expect(error?.code == .cancelled)
  }

  @Test(
    "A server that cannot be reached and input that cannot be sent are distinct errors",
    arguments: [
      (HTTPRequest(.post, "http://x", unixSocket: "/not/there"), HTTPError.Code.socketMissing),
      (HTTPRequest(.post, "http://127.0.0.1:1/"), .connectionRefused),
      (HTTPRequest(.post, "http://no-such-host.invalid:80/"), .unresolvedHost),
      (HTTPRequest(.post, "https://127.0.0.1/"), .invalidRequest),
      (HTTPRequest(.post, "http://127.0.0.1:1/a b"), .invalidRequest),
      (HTTPRequest(.post, "http://x", unixSocket: String(repeating: "x", count: 200)), .invalidRequest),
    ])
  func unreachable(request: HTTPRequest, expected: HTTPError.Code) async {
    let error = await failure {
      _ = try await HTTPUpgrade(request, to: "tcp", sending: []).run { _ in true }
    }
    #expect(error?.code == expected)
  }

  private func code(
    _ answer: HTTPStandIn.Answer, timeout: Duration = .seconds(20), limit: Int = .max
  ) async throws -> HTTPError.Code? {
    await failure { _ = try await converse(answer, timeout: timeout, limit: limit) }?.code
  }

  private func failure(_ body: () async throws -> Void) async -> HTTPError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? HTTPError
    }
  }
}

private final class ReceivedText: Sendable {
  private let bytes = Mutex<[UInt8]>([])

  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

  func take(_ piece: ArraySlice<UInt8>, limit: Int) -> Bool {
    bytes.withLock { bytes in
      bytes += piece
      return bytes.count <= limit
    }
  }
}
