import Glibc
import HTTP
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPErrorTests {
  let client = HTTPClient()

  @Test("A port without a listener refuses the connection")
  func aPortWithoutAListenerRefusesTheConnection() async throws {
    let server = try LoopbackServer()
    let address = "127.0.0.1:\(server.port)"
    server.stop()
    let request = HTTPRequest(.get, "http://user:geheim@\(address)/?token=geheim")
    try await eventually { await code { _ = try await client.send(request) } == .connectionRefused }
    do {
      _ = try await client.send(request)
      Issue.record("no server listens at \(address)")
    } catch {
      #expect(error.description == "\(address) refused the connection: nothing listens there")
      #expect(error.retry == .later)
      #expect(!error.debugDescription.contains("geheim"))
    }
  }

  @Test("A missing or dead Unix socket has an error of its own")
  func aMissingOrDeadUnixSocketHasAnErrorOfItsOwn() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/s"
    let request = HTTPRequest(.get, "http://any/hello", unixSocket: path)
    #expect(await code { _ = try await client.send(request) } == .socketMissing)
    let server = try LoopbackServer(.unix(path))
    _ = try await client.send(request)
    server.stop()
    let fresh = HTTPClient()
    try await eventually { await code { _ = try await fresh.send(request) } == .connectionRefused }
  }

  @Test("A silent server ends with the timeout") func aSilentServerEndsWithTheTimeout() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/silent")
    request.totalTimeout = .milliseconds(50)
    #expect(await code { _ = try await client.send(request) } == .timedOut)
    #expect(await code { _ = try await client.stream(request) } == .timedOut)
  }

  @Test("A response that is too long is cut off") func aResponseThatIsTooLongIsCutOff() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/chunks/64")
    request.maximumResponseBytes = 1 << 20
    #expect(await code { _ = try await client.send(request) } == .tooLarge)
    request.maximumResponseBytes = 64 << 16
    #expect(try await client.send(request).body.count == 64 << 16)
    #expect(await code { _ = try await client.stream(request).collect(limit: 1 << 20) } == .tooLarge)
  }

  @Test("A truncated body is an error") func aTruncatedBodyIsAnError() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/break")
    #expect(await code { _ = try await client.send(request) } == .connectionLost)
    #expect(await code { for try await _ in try await client.stream(request) {} } == .connectionLost)
  }

  @Test("A plain server fails the TLS handshake")
  func aPlainServerFailsTheTLSHandshake() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.get, "https://127.0.0.1:\(server.port)/hello")
    request.totalTimeout = .milliseconds(300)
    let failure = await code { _ = try await client.send(request) }
    // The server takes the client's hello for a head that never ends, or closes.
    #expect(failure == .tls || failure == .connectionLost || failure == .timedOut)
  }

  struct Malformed: Sendable, CustomTestStringConvertible {
    let url: String
    var header: (String, String)?
    let reason: String
    var testDescription: String { reason }
  }

  @Test(
    "Malformed requests are not sent",
    arguments: [
      Malformed(url: "ftp://127.0.0.1/x", reason: "only http and https are spoken"),
      Malformed(url: "http://127.0.0.1/a b", reason: "a space would split the request line"),
      Malformed(url: "http://127.0.0.1/\r\nX: y", reason: "a line break would add a header"),
      Malformed(url: "no url", reason: "there is no host"),
      Malformed(
        url: "http://127.0.0.1/", header: ("X", "a\r\nY: b"),
        reason: "a value's line break would add a header"),
      Malformed(url: "http://127.0.0.1/", header: ("", "a"), reason: "a header needs a name"),
    ])
  func malformedRequestsAreNotSent(_ malformed: Malformed) async throws {
    var request = HTTPRequest(.get, malformed.url)
    if let header = malformed.header { request.add(header.0, header.1) }
    #expect(await code { _ = try await client.send(request) } == .invalidRequest, "\(malformed.reason)")
  }

  @Test("A cancelled request is not started") func aCancelledRequestIsNotStarted() async throws {
    let task = Task {
      try? await Task.sleep(for: .seconds(60))
      return await code { _ = try await client.send(HTTPRequest(.get, "http://127.0.0.1:1/")) }
    }
    task.cancel()
    #expect(await task.value == .cancelled)
  }
}
