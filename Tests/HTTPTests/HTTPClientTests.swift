import Glibc
import HTTP
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
  let client = HTTPClient()

  @Test("The response has status, headers and body")
  func theResponseHasStatusHeadersAndBody() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let response = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/hello"))
    #expect(response.status == 200)
    #expect(response.headers["x-TEST"] == "yes")
    #expect(response.text == "hello")
  }

  @Test(
    "The request has method, headers and body", arguments: [HTTPMethod.get, .post, .put, .patch, .delete])
  func theRequestHasMethodHeadersAndBody(method: HTTPMethod) async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(method, "http://127.0.0.1:\(server.port)/echo?a=b")
    request.add("Authorization", Secret("Bearer geheim"))
    request.body = method == .get ? [] : [1, 0, 2]
    let response = try await client.send(request)
    #expect(response.text.hasPrefix("\(method.rawValue) /echo?a=b HTTP/1.1\r\n"))
    #expect(response.text.contains("\r\nAuthorization: Bearer geheim\r\n"))
    #expect(!response.text.contains("Expect:"))
    #expect(response.body.suffix(3) == (method == .get ? [13, 10, 13, 10].suffix(3) : [1, 0, 2]))
    #expect(!String(reflecting: request).contains("geheim"))
  }

  @Test("Signing for S3 does not send the key") func signingForS3DoesNotSendTheKey() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.put, "http://127.0.0.1:\(server.port)/echo/bucket/key")
    request.body = [1, 2, 3]
    request.signing = AWSSigning(region: "eu-central-1", accessKey: "AKIA", secretKey: Secret("geheim"))
    let text = try await client.send(request).text
    #expect(text.contains("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/"))
    #expect(text.contains("/eu-central-1/s3/aws4_request"))
    #expect(!text.contains("geheim"))
    // A handle is used again for the next request, which must not be signed.
    let next = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/echo"))
    #expect(!next.text.lowercased().contains("authorization"))
  }

  @Test("A status is a response, not an error") func aStatusIsAResponseNotAnError() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    #expect(
      try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/status/503")).status == 503)
  }

  @Test("Redirects are followed only on request")
  func redirectsAreFollowedOnlyOnRequest() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/redirect")
    #expect(try await client.send(request).status == 302)
    request.followRedirects = true
    let response = try await client.send(request)
    #expect(response.status == 200)
    #expect(response.text == "hello")
  }

  @Test("Consecutive requests share one connection")
  func consecutiveRequestsShareOneConnection() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    for _ in 0..<50 { _ = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/hello")) }
    #expect(server.connections == 1)
    #expect(server.requests == 50)
  }

  @Test("Many requests share one Unix socket at once")
  func manyRequestsShareOneUnixSocketAtOnce() async throws {
    let folder = try TemporaryFolder()
    let server = try LoopbackServer(.unix(folder.path + "/s"))
    defer { server.stop() }
    let client = HTTPClient(connectionsPerHost: 32)
    let request = HTTPRequest(.get, "http://any/hello", unixSocket: folder.path + "/s")
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<3000 { group.addTask { try await client.send(request).text } }
      return try await group.reduce(into: 0) { $0 += $1 == "hello" ? 1 : 0 }
    }
    #expect(bodies == 3000)
    #expect(server.connections <= 32)
  }

  @Test("A stream arrives while the server still sends")
  func aStreamArrivesWhileTheServerStillSends() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/ticks")
    request.totalTimeout = nil
    let stream = try await client.stream(request)
    #expect(stream.headers["x-kind"] == "stream")
    var iterator = stream.makeAsyncIterator()
    try await eventually { server.listeners == 1 }
    for _ in 0..<3 {
      server.tick()
      #expect(try await iterator.next() == Array("tick\n".utf8))
    }
  }

  @Test("A paused reader pauses the sender") func aPausedReaderPausesTheSender() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/chunks/1024")
    request.totalTimeout = nil
    let stream = try await client.stream(request)
    let total = 1024 << 16
    // Beyond what we buffer the kernel's socket buffers fill up, and then the sender stands still.
    try await standsStill { server.bytesSent }
    #expect(server.bytesSent < total / 2)
    #expect(try await stream.collect(limit: total).count == total)
  }

  @Test("Releasing a stream closes its connection")
  func releasingAStreamClosesItsConnection() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var stream: HTTPBodyStream? = try await client.stream(
      HTTPRequest(.get, "http://127.0.0.1:\(server.port)/ticks"))
    try await eventually { server.listeners == 1 }
    #expect(stream?.status == 200)
    stream = nil
    try await eventually { server.listeners == 0 }
  }

  @Test("Shutdown ends running requests and rejects later ones")
  func shutdownEndsRunningRequestsAndRejectsLater() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let client = HTTPClient()
    let request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/silent")
    async let waiting = code { _ = try await client.send(request) }
    try await eventually { server.requests == 1 }
    client.shutdown()
    client.shutdown()
    #expect(await waiting == .closed)
    #expect(await code { _ = try await client.send(request) } == .closed)
  }

  @Test("Cancelling the task aborts the transfer")
  func cancellingTheTaskAbortsTheTransfer() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/silent")
    let task = Task { await code { _ = try await client.send(request) } }
    try await eventually { server.requests == 1 }
    task.cancel()
    #expect(await task.value == .cancelled)

    let ticking = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/ticks")
    let reader = Task {
      await code { for try await _ in try await client.stream(ticking) {} }
    }
    try await eventually { server.listeners == 1 }
    reader.cancel()
    #expect(await reader.value == .cancelled)
    try await eventually { server.listeners == 0 }
  }
}
